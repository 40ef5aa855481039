/** The one cookie, where a site asks for it: it holds the visitor id, which the hosts of a domain then share. */
import type { Cookie } from '../api/visitor'

/** Of this host alone where the domain is empty. */
export function cookieOf(site: string, domain: string): Cookie {
  const name = 'afterimage_' + site
  return (value, seconds) => {
    if (value !== undefined) {
      document.cookie = `${name}=${value}${domain && `; domain=${domain}`}; path=/; max-age=${seconds}; samesite=lax; secure`
    }
    return document.cookie.split('; ').find((part) => part.startsWith(name + '='))?.slice(name.length + 1)
  }
}
