import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { HoldallError } from '../error.ts'
import { type AllowedHosts, isPublicAddress } from './addresses.ts'

/** As `dns.lookup` with `all`: every address of a name. */
export type LookupAll = (
  hostname: string,
  options: { readonly all: true; readonly family?: number; readonly hints?: number },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** Errors below an error that are looked at. */
const MAX_CAUSES = 5

/** Decides which addresses this server connects to, at the moment it connects. */
export interface Guard {
  /** @throws HoldallError `address_refused` for what is no address of the web, or whose host is written as an IP that may not be used */
  checkUrl(url: URL): void
  /** Where an answer from `url` sends the request. @throws HoldallError `address_refused` */
  redirect(url: URL, location: string): URL
  /** Gives a connection only IPs that may be used, so that a name cannot answer otherwise after a check. */
  readonly lookup: LookupFunction
}

/** @param lookup default: the system's */
export function createGuard(allowed: AllowedHosts, lookup: LookupAll = systemLookup): Guard {
  function mayConnect(hostname: string, address: string): boolean {
    return isPublicAddress(address) || allowed.allows(hostname, address)
  }

  function checkUrl(url: URL): void {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw refused(url.hostname || url.protocol, 'addresses begin with http:// or https://')
    }
    if (url.username !== '' || url.password !== '') {
      throw refused(url.hostname, 'an address carries no user name and no password')
    }
    // Never looked up. Every other way to write an IP has become this one when the address was read.
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    if (isIP(host) !== 0 && !mayConnect(host, host)) throw notPublic(host)
  }

  return {
    checkUrl,
    redirect(url, location) {
      const next = URL.parse(location, url)
      if (next === null) throw refused(url.hostname, 'it redirects to what is no address')
      checkUrl(next)
      if (url.protocol === 'https:' && next.protocol === 'http:') {
        throw refused(next.hostname, 'a redirect leads there from https to http')
      }
      return next
    },
    lookup(hostname, options, callback) {
      const { family, hints } = options
      const wanted = {
        all: true as const,
        ...(typeof family === 'number' && { family }),
        ...(hints !== undefined && { hints }),
      }
      lookup(hostname, wanted, (error, found) => {
        if (error) return callback(error, '')
        const usable = found.filter(({ address }) => mayConnect(hostname, address))
        const [first] = usable
        if (first === undefined) callback(notPublic(hostname, found), '')
        else if (options.all) callback(null, usable)
        else callback(null, first.address, first.family)
      })
    },
  }
}

/** The addresses of a name are for the log: to others they would tell how the network inside is made. */
function notPublic(host: string, found: readonly LookupAddress[] = []): HoldallError {
  const addresses = found.map(({ address }) => address).join(', ')
  const reason =
    'its address is not on the public internet; whoever runs this server can name it in settings.allow_private_hosts of the configuration file, and start it again'
  const cause = addresses === '' ? undefined : new Error(`${host} is at ${addresses}`)
  return new HoldallError('address_refused', { host, reason, isPrivate: true }, { cause })
}

/** The host that was not asked because its address is not public; `undefined` where something else was wrong. */
export function privateHost(error: unknown): string | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < MAX_CAUSES; one = one.cause, depth += 1) {
    if (one instanceof HoldallError && one.values.isPrivate === true) return String(one.values.host)
  }
  return undefined
}

/** What the configuration file says so that the hosts may be asked. */
export function allowingLines(hosts: readonly string[]): string {
  const entries = hosts.map((host) => (host.includes(':') ? JSON.stringify(host) : host))
  return `settings:\n  allow_private_hosts: [${entries.join(', ')}]`
}

export function refused(host: string, reason: string, cause?: unknown): HoldallError {
  return new HoldallError('address_refused', { host, reason }, { cause })
}
