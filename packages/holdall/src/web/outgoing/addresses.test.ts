import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowedHosts, isHostEntry, isPublicAddress } from './addresses.ts'

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '198.17.255.255',
  '198.20.0.0',
  '207.241.224.2',
  '223.255.255.255',
  '2001:4860:4860::8888',
  '2606:4700:4700::1111',
  '2a00:1450:4001:82a::200e',
]

const NOT_PUBLIC: readonly (readonly [string, string])[] = [
  ['unspecified', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['private', '10.0.0.1'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['private', '192.168.1.1'],
  ['carriers', '100.64.0.1'],
  ['Alibaba metadata', '100.100.100.200'],
  ['carriers', '100.127.255.255'],
  ['loopback', '127.0.0.1'],
  ['loopback', '127.255.255.254'],
  ['link-local', '169.254.0.1'],
  ['metadata', '169.254.169.254'],
  ['ECS metadata', '169.254.170.2'],
  ['Azure wire server', '168.63.129.16'],
  ['Oracle metadata', '192.0.0.192'],
  ['documentation', '192.0.2.1'],
  ['6to4 relay', '192.88.99.1'],
  ['benchmarks', '198.18.0.1'],
  ['documentation', '198.51.100.1'],
  ['documentation', '203.0.113.1'],
  ['multicast', '224.0.0.1'],
  ['multicast', '239.255.255.250'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['unspecified', '::'],
  ['loopback', '::1'],
  ['loopback in full', '0:0:0:0:0:0:0:1'],
  ['compatible', '::127.0.0.1'],
  ['compatible, public', '::8.8.8.8'],
  ['mapped', '::ffff:127.0.0.1'],
  ['mapped in hexadecimal', '::ffff:7f00:1'],
  ['mapped, public', '::ffff:8.8.8.8'],
  ['translated', '::ffff:0:127.0.0.1'],
  ['NAT64', '64:ff9b::7f00:1'],
  ['NAT64, local', '64:ff9b:1::a00:1'],
  ['discarded', '100::1'],
  ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['protocol assignments', '2001:2::1'],
  ['documentation', '2001:db8::1'],
  ['6to4', '2002:7f00:1::'],
  ['documentation', '3fff::1'],
  ['segment routing', '5f00::1'],
  ['unique local', 'fc00::1'],
  ['AWS metadata', 'fd00:ec2::254'],
  ['link-local', 'fe80::1'],
  ['link-local with a zone', 'fe80::1%lo'],
  ['with a zone', '2606:4700:4700::1111%lo'],
  ['site-local', 'fec0::1'],
  ['multicast', 'ff02::1'],
]

test('the public internet is public', () => {
  for (const address of PUBLIC) assert.equal(isPublicAddress(address), true, address)
})

test('nothing else is', () => {
  for (const [what, address] of NOT_PUBLIC) assert.equal(isPublicAddress(address), false, `${what}: ${address}`)
  for (const none of ['', 'localhost', '127.1', '2130706433', '0x7f.1', '1.2.3', 'x'])
    assert.equal(isPublicAddress(none), false, none)
})

test('a host is allowed by name, address or network', () => {
  const hosts = allowedHosts(['files.Intranet', '10.1.0.0/16', '192.168.7.7', 'fd12::/16', '::1'])
  for (const [hostname, address] of [
    ['files.intranet', '10.9.9.9'],
    ['FILES.INTRANET', '::1'],
    ['other', '10.1.255.1'],
    ['other', '192.168.7.7'],
    ['other', 'fd12:3::1'],
    ['other', '::1'],
  ] as const) {
    assert.equal(hosts.allows(hostname, address), true, `${hostname} ${address}`)
  }
  for (const [hostname, address] of [
    ['x.files.intranet', '10.9.9.9'],
    ['files.intranet.evil.example', '10.9.9.9'],
    ['other', '10.2.0.1'],
    ['other', '192.168.7.8'],
    ['other', 'fd13::1'],
    ['other', '127.0.0.1'],
  ] as const) {
    assert.equal(hosts.allows(hostname, address), false, `${hostname} ${address}`)
  }
  assert.equal(allowedHosts([]).allows('localhost', '127.0.0.1'), false)
  for (const address of ['fe80::1%lo', 'no address', '']) {
    assert.equal(allowedHosts(['::/0', '0.0.0.0/0']).allows('x', address), false, address)
  }
})

test('what an entry may be', () => {
  for (const entry of ['localhost', 'a.b-c.example', '10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '0.0.0.0/0'])
    assert.equal(isHostEntry(entry), true, entry)
  for (const entry of [
    '',
    'http://a',
    'a:80',
    'a/8',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/8/8',
    '2130706433',
    '0x7f.1',
    '*.a',
    'fe80::1%lo',
    'a b',
    '10.0.0.0/',
    '10.0.0.0/x',
  ])
    assert.equal(isHostEntry(entry), false, entry)
})
