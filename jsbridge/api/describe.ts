/** The meta ops of a page view (../PROTOCOL.md, Meta keys): what the page and the browser say of themselves. */

interface NavigatorLike {
  readonly userAgentData?: { readonly brands: readonly { brand: string; version: string }[]; readonly mobile: boolean; readonly platform: string }
  readonly connection?: { readonly effectiveType?: string }
}

/** [key, value] pairs; empty values are left out. */
export function describePage(extra: Readonly<Record<number, string | undefined>>): [key: number, value: string][] {
  const { userAgentData, connection } = navigator as NavigatorLike
  const media = (query: string): boolean => matchMedia(query).matches
  const brand = userAgentData?.brands.find(({ brand }) => !/not.?a.?brand/i.test(brand))
  const narrow = Math.min(screen.width, screen.height)
  const touch = media('(pointer: coarse)')
  const campaign = new URLSearchParams(location.search)
  const utm = (name: string): string => campaign.get('utm_' + name) ?? ''
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
    17: utm('source'),
    18: utm('medium'),
    19: utm('campaign'),
    20: utm('term'),
    21: utm('content'),
    24: __VERSION__,
    27: `${innerWidth}x${innerHeight}`,
    28: String(devicePixelRatio),
    ...extra,
  }
  return Object.entries(values).flatMap(([key, value]) => (value ? [[Number(key), value] as [number, string]] : []))
}
