/** The meta ops of a page view (../PROTOCOL.md, Meta keys): what the page and the browser say of themselves. */

interface NavigatorLike {
  readonly userAgentData?: { readonly brands: readonly { brand: string; version: string }[]; readonly mobile: boolean; readonly platform: string }
  readonly connection?: { readonly effectiveType?: string }
}

/** Tells each key and value; empty values are left out. */
export function describePage(extra: Readonly<Record<number, string | undefined>>, tell: (key: number, value: string) => void): void {
  const { userAgentData, connection } = navigator as NavigatorLike
  const media = (query: string): boolean => matchMedia(query).matches
  const brand = userAgentData?.brands.find(({ brand }) => !/not.?a.?brand/i.test(brand))
  const narrow = Math.min(screen.width, screen.height)
  const touch = media('(pointer: coarse)')
  const campaign = new URLSearchParams(location.search)
  const utm: Record<number, string | undefined> = {}
  'source medium campaign term content'.split(' ').forEach((name, i) => (utm[17 + i] = campaign.get('utm_' + name) ?? ''))
  const values: Record<number, string | undefined> = {
    1: location.href,
    2: document.referrer,
    3: document.title,
    4: navigator.userAgent,
    5: brand && `${brand.brand} ${brand.version}`,
    6: userAgentData?.platform,
    7: userAgentData?.mobile || (touch && narrow < 600) ? 'phone' : touch && navigator.maxTouchPoints > 0 ? 'tablet' : 'desktop',
    8: `${screen.width}x${screen.height}`,
    9: navigator.language,
    10: Intl.DateTimeFormat().resolvedOptions().timeZone,
    11: connection?.effectiveType,
    12: media('(prefers-color-scheme: dark)') ? 'dark' : 'light',
    13: media('(prefers-reduced-motion: reduce)') ? 'reduce' : 'no-preference',
    ...utm,
    24: __VERSION__,
    27: `${innerWidth}x${innerHeight}`,
    28: String(devicePixelRatio),
    ...extra,
  }
  for (const key in values) if (values[key]) tell(+key, values[key])
}
