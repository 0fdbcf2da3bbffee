import { BlockList, isIP } from 'node:net'

/** IPv4 that is not the public internet: IANA's special-purpose registry, and one address a cloud keeps its metadata at. */
const SPECIAL_IPV4 = [
  '0.0.0.0/8', // this network; reaches the machine itself
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared by carriers, and by clouds for metadata
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's own services, from inside
  '169.254.0.0/16', // link-local, and metadata of most clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // relays to IPv6
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
]

/** All that is public in IPv6 lies here; loopback, private, link-local, multicast, mapped, NAT64 and site-local do not. */
const GLOBAL_IPV6 = ['2000::/3']

/** What lies there and is not public, or leads to an IPv4 address that nobody looked at. */
const SPECIAL_IPV6 = [
  '2001::/23', // protocol assignments, Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3fff::/20', // documentation
]

const specialIpv4 = networksOf(SPECIAL_IPV4)
const globalIpv6 = networksOf(GLOBAL_IPV6)
const specialIpv6 = networksOf(SPECIAL_IPV6)

/** Whether an IP address belongs to the public internet. What is no address, or has a zone, does not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !specialIpv4.check(address, 'ipv4')
  if (family !== 6 || address.includes('%')) return false
  return globalIpv6.check(address, 'ipv6') && !specialIpv6.check(address, 'ipv6')
}

/** Hosts that may be asked although their addresses are not public. */
export interface AllowedHosts {
  allows(hostname: string, address: string): boolean
}

/** A host's name, an address or a network, as an entry of `settings.allow_private_hosts` names it. */
export function isHostEntry(entry: string): boolean {
  const [address = '', length, ...more] = entry.split('/')
  const family = isIP(address)
  if (family === 0 || address.includes('%')) return HOST_NAME.test(entry)
  const bits = family === 4 ? 32 : 128
  return more.length === 0 && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits))
}

/** @param entries each as `isHostEntry` takes it */
export function allowedHosts(entries: readonly string[]): AllowedHosts {
  const names = new Set(entries.filter((entry) => isIP(bare(entry)) === 0).map((name) => name.toLowerCase()))
  const networks = networksOf(entries.filter((entry) => isIP(bare(entry)) !== 0))
  return {
    allows(hostname, address) {
      if (names.has(hostname.toLowerCase())) return true
      const family = isIP(address)
      // The list throws at what is no address, and at one with a zone.
      return family !== 0 && !address.includes('%') && networks.check(address, family === 6 ? 'ipv6' : 'ipv4')
    },
  }
}

// The last label has a letter: 0x7f.1 and 2130706433 are addresses in disguise, not names.
const HOST_NAME = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

function bare(entry: string): string {
  return entry.split('/', 1)[0] as string
}

function networksOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', length] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (length === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(length), family)
  }
  return list
}
