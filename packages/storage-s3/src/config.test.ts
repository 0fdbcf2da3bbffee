import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { s3Config } from './config.ts'
import s3 from './index.ts'

const KEYS = { access_key_id: 'a', secret_access_key: 'b' }
const BROKER = { credentials_url: 'https://broker.example/', credentials_url_secret: 's' }

function said(config: unknown): string[] {
  return (s3Config.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('the configuration of a bucket', () => {
  test('a bucket is enough; a prefix gets its slash', () => {
    assert.deepEqual(s3Config.parse({ bucket: 'photos' }), {
      bucket: 'photos',
      prefix: '',
      read_only: false,
      downloads: 'redirect',
      uploads: 'direct',
      checksum: 'auto',
    })
    for (const [written, prefix] of [
      ['', ''],
      ['/', ''],
      ['uploads', 'uploads/'],
      ['/a/b/', 'a/b/'],
    ] as const) {
      assert.equal(s3Config.parse({ bucket: 'b', prefix: written }).prefix, prefix)
    }
  })

  test('numbers and booleans may be written as text', () => {
    const read = s3Config.parse({ bucket: 'b', read_only: 'true', force_path_style: 'false', max_file_size: '100' })
    assert.deepEqual([read.read_only, read.force_path_style, read.max_file_size], [true, false, 100])
  })

  for (const [config, ...problems] of [
    [{}, 'bucket: must name a bucket, or a credentials_url whose answer does.'],
    [{ bucket: 'a/b' }, 'bucket: must be the name of a bucket, without slashes.'],
    [
      { bucket: 'b', access_key_id: 'a' },
      'secret_access_key: access_key_id and secret_access_key are given together or not at all.',
    ],
    [
      { bucket: 'b', secret_access_key: 'a' },
      'access_key_id: access_key_id and secret_access_key are given together or not at all.',
    ],
    [
      { bucket: 'b', session_token: 't' },
      'session_token: session_token belongs to an access_key_id and a secret_access_key.',
    ],
    [
      { credentials_url: BROKER.credentials_url },
      'credentials_url_secret: credentials_url and credentials_url_secret are given together or not at all.',
    ],
    [{ ...BROKER, ...KEYS }, 'credentials_url: has two kinds of credentials: leave out the keys or credentials_url.'],
    [
      { bucket: 'b', endpoint_url: 'ftp://x' },
      'endpoint_url: must be an address that begins with http:// or https://, without a user name or password.',
    ],
    [
      { bucket: 'b', endpoint_url: 'http://u:p@x' },
      'endpoint_url: must be an address that begins with http:// or https://, without a user name or password.',
    ],
    [{ bucket: 'b', max_file_size: 0 }, 'max_file_size: must be a whole number of at least 1.'],
    [{ bucket: 'b', read_only: 'perhaps' }, 'read_only: must be true or false.'],
    [{ bucket: 'b', downloads: 'none' }, 'downloads: must be redirect or proxy.'],
  ] as const) {
    test(JSON.stringify(config), () => assert.deepEqual(said(config), problems))
  }

  test('an unknown key is named', () => {
    assert.match(said({ bucket: 'b', buket: 'c' })[0] ?? '', /buket/)
  })

  test('the plugin has no options, and says so', async () => {
    const { storages = [] } = await s3({})
    assert.deepEqual(
      storages.map(({ type }) => type),
      ['s3'],
    )
    assert.throws(() => s3({ bucket: 'b' }), /bucket/)
  })
})
