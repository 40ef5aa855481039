/** The meta values of a page view that need no page: what the browser says of itself, the campaign, the recorder's version. */
import type { MetaValues, PageValues } from '../messages'

declare const __VERSION__: string

interface NavigatorLike extends Navigator {
  readonly userAgentData?: { readonly brands: readonly { brand: string; version: string }[]; readonly platform: string }
  readonly connection?: { readonly effectiveType?: string }
}

/** All values by key (../PROTOCOL.md, Meta keys): those of the page, and what the worker adds. */
export function describe(page: PageValues, tab: string, settingsVersion: number): MetaValues {
  const { userAgent, userAgentData, connection, language } = navigator as NavigatorLike
  const brand = userAgentData?.brands.find((b) => !/not.?a.?brand/i.test(b.brand))
  const campaign = new URL(page[1] as string).searchParams
  const values: Record<number, string | undefined> = {
    ...(page as MetaValues),
    4: userAgent,
    5: brand && `${brand.brand} ${brand.version}`,
    6: userAgentData?.platform,
    7: !page[7] ? 'desktop' : Math.min(...(page[8] as string).split('x').map(Number)) < 600 ? 'phone' : 'tablet',
    9: language,
    10: Intl.DateTimeFormat().resolvedOptions().timeZone,
    11: connection?.effectiveType,
    12: page[12] ? 'dark' : 'light',
    13: page[13] ? 'reduce' : 'no-preference',
    24: __VERSION__,
    25: tab,
    28: '' + page[28],
    29: '' + settingsVersion,
  }
  'source medium campaign term content'.split(' ').forEach((name, i) => (values[17 + i] = campaign.get('utm_' + name) as string))
  return values
}
