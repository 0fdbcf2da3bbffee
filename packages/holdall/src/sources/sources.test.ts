import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { z } from 'zod'
import { type Config, type ConfigurationError, loadConfig } from '../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import { createLog } from '../web/log.ts'
import { bytes, inChunks } from './contract/bodies.ts'
import { filesystemType } from './filesystem/storage.ts'
import { httpType } from './http/storage.ts'
import { createSources, type SourcesOptions } from './sources.ts'
import type { Storage, StorageType } from './storage.ts'

describe('sources', () => {
  let folder: string
  let database: InternalDatabase
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdall-sources-'))
    database = await openInternalDatabase(join(folder, 'internal.db'))
  })
  after(async () => {
    await database.close()
    await rm(folder, { recursive: true })
  })

  function configOf(sources: object, settings: object = {}): Config {
    return loadConfig({ env: {}, cwd: folder, overrides: { sources, settings } }).config
  }

  async function open(config: Config, options: Partial<SourcesOptions> = {}) {
    return await createSources({
      database,
      config,
      types: [filesystemType()],
      getSecret: async () => undefined,
      dataDirectory: folder,
      log: createLog(() => {}),
      ...options,
    })
  }

  test('without any there is one in the data directory, and it can be written', async () => {
    const sources = await open(configOf({}))
    await sources.start()
    assert.deepEqual(
      sources.list().map(({ slug, origin, active }) => ({ slug, origin, active })),
      [{ slug: 'files', origin: 'default', active: true }],
    )
    const storage = await sources.get('files').storage()
    await storage.write?.('a/b', inChunks(bytes(3)))
    assert.equal((await storage.stat('a/b'))?.size, 3)
    await sources.close()
  })

  test('a source keeps its id, and is inactive when it has left the configuration', async () => {
    const one = await open(configOf({ photos: { storage: 'filesystem', label: 'Photos', config: { root: 'photos' } } }))
    const { id } = one.get('photos')
    assert.equal(one.get('files').active, false)
    await assert.rejects(one.get('files').storage(), { code: 'source_inactive' })
    await assert.rejects(one.get('files').check(), { code: 'source_inactive' })
    assert.equal(one.get('files').capabilities.can_upload, false)
    const two = await open(configOf({}))
    assert.equal(two.get('photos').id, id)
    assert.equal(two.byId(id)?.active, false)
    assert.equal(two.get('photos').label, 'Photos')
    assert.equal(two.get('files').active, true)
    assert.throws(() => two.get('nothing'), { code: 'source_not_found' })
    for (const sources of [one, two]) await sources.close()
  })

  test('the lowest limit holds', async () => {
    const source = { storage: 'filesystem', config: { root: 'limits', max_file_size: 300 } }
    const sources = await open(configOf({ a: source, b: { ...source, max_file_size: 200 } }, { max_upload_bytes: 250 }))
    await sources.start()
    assert.equal(sources.get('a').rules.maxFileSize, 250)
    assert.equal(sources.get('b').rules.maxFileSize, 200)
    await sources.close()
  })

  test('files that somebody else sends are read whole only when the source asks for it', async () => {
    const http = { storage: 'http', config: { urls: ['https://example.org/a'] } }
    const types = [filesystemType(), httpType()]
    const all = {
      local: { storage: 'filesystem', config: { root: 'hashes' } },
      unasked: http,
      asked: { ...http, hash: 'background' },
      some: { ...http, hash: 'up to 1kB' },
    }
    const sources = await open(configOf(all), { types })
    const limits = Object.fromEntries(Object.keys(all).map((slug) => [slug, sources.get(slug).hashUpTo]))
    assert.deepEqual(limits, { local: Infinity, unasked: -1, asked: Infinity, some: 1_000 })
    await sources.close()
  })

  test('of an http source, all that is wrong is said with its place', async () => {
    const config = configOf({
      a: { storage: 'http', config: { urls: ['ftp://x/y', { url: 'https://x/' }], item: 'z' } },
    })
    const opening = open(config, { types: [filesystemType(), httpType()] })
    await assert.rejects(opening, (error: ConfigurationError) => {
      const found = error.problems.map(({ path }) => path).sort()
      assert.deepEqual(found, ['sources.a.config', 'sources.a.config.urls.0', 'sources.a.config.urls.1.path'])
      return true
    })
  })

  test('every configuration that no storage takes is reported at once', async () => {
    const config = configOf({
      a: { storage: 'tape', config: {} },
      b: { storage: 'filesystem', config: {} },
      c: { storage: 'filesystem', config: { root: 'c', roots: 1 } },
    })
    await assert.rejects(open(config), (error: { code: string; errors: string[] }) => {
      assert.equal(error.code, 'configuration_invalid')
      assert.equal(error.errors.length, 3)
      assert.match(error.errors.join('\n'), /sources\.a\.storage.*tape[\s\S]*sources\.b\.config\.root[\s\S]*roots/)
      return true
    })
  })

  test('a source that cannot be reached is said to be unavailable, and comes back by itself', async () => {
    const blocked = join(folder, 'blocked')
    await writeFile(blocked, 'a file where the folder should be')
    const sources = await open(
      configOf({ good: at('good'), bad: { storage: 'filesystem', config: { root: blocked } } }),
    )
    await sources.start()
    assert.deepEqual(sources.get('good').availability, { available: true })
    const bad = sources.get('bad')
    assert.equal(bad.availability.available, false)
    await assert.rejects(bad.storage(), { code: 'source_unavailable', status: 503 })
    await assert.rejects(bad.check(), (error: Error) => !error.message.includes(folder))
    await rm(blocked)
    await bad.check()
    assert.deepEqual(bad.availability, { available: true })
    await bad.storage()
    await rename(blocked, `${blocked}-away`)
    await assert.rejects(bad.check(), { code: 'source_unavailable' })
    await sources.close()
  })

  test('a folder that goes away while the server runs is noticed without anybody asking for a file', async () => {
    const sources = await open(configOf({ leaving: { storage: 'filesystem', config: { root: 'leaving' } } }), {
      probeEveryMs: 20,
    })
    await sources.start()
    assert.equal(sources.get('leaving').availability.available, true)
    await rename(join(folder, 'leaving'), join(folder, 'left'))
    await until(() => !sources.get('leaving').availability.available)
    await rename(join(folder, 'left'), join(folder, 'leaving'))
    await until(() => sources.get('leaving').availability.available)
    await sources.close()
  })

  test('a storage that does not answer costs two seconds, not the start', async (t) => {
    let asked = 0
    const slow = fake('slow', () => {
      asked += 1
      return new Promise<never>(() => {})
    })
    // Time passes only where it is told to.
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const sources = await open(configOf({ a: { storage: 'slow' }, b: { storage: 'slow' } }), { types: [slow] })
    let isUp = false
    const starting = sources.start().then(() => {
      isUp = true
    })
    for (const deadline = performance.now() + 20_000; asked < 2 && performance.now() < deadline; ) await turn()
    assert.equal(asked, 2, 'both at once')
    t.mock.timers.tick(1_999)
    for (let turns = 0; turns < 10; turns += 1) await turn()
    assert.equal(isUp, false)
    t.mock.timers.tick(1)
    await starting
    t.mock.timers.reset()
    const { availability } = sources.get('b')
    assert.match(availability.available ? '' : availability.reason, /within 2 seconds/)
    await sources.close()
  })

  test('secrets reach the storage by name, and only those that the source names', async () => {
    const seen: Record<string, unknown> = {}
    const vault = fake('vault', async (config, getSecret) => {
      Object.assign(seen, { config, listed: await getSecret('LISTED'), other: await getSecret('OTHER') })
      return { stat: async () => undefined, read: async () => new ReadableStream() }
    })
    const secrets: Record<string, string> = { KEY: 'k3y', LISTED: 'l', OTHER: 'o' }
    const config = configOf({
      a: { storage: 'vault', config: { deep: [{ key: { $secret: 'KEY' } }] }, secrets: ['LISTED'] },
    })
    const sources = await open(config, { types: [vault], getSecret: async (name) => secrets[name] })
    await sources.start()
    assert.deepEqual(seen, { config: { deep: [{ key: 'k3y' }] }, listed: 'l', other: undefined })
    const rows = await database.read.selectFrom('datasette_files_sources').selectAll().execute()
    assert.doesNotMatch(JSON.stringify(rows), /k3y/)
    await sources.close()
    const lines: string[] = []
    const without = await open(config, { types: [vault], log: createLog((line) => lines.push(line)) })
    await without.start()
    const { availability } = without.get('a')
    assert.match(availability.available ? '' : availability.reason, /secret KEY is not set; holdall secrets set KEY/)
    assert.deepEqual(
      lines.map((line) => ((entry) => [entry.event, entry.error])(JSON.parse(line))),
      [['source unavailable', undefined]],
      'the reason says it all',
    )
    await without.close()
  })

  function at(root: string) {
    return { storage: 'filesystem', config: { root } }
  }
})

function fake(
  type: string,
  create: (config: unknown, getSecret: (name: string) => Promise<string | undefined>) => Promise<Storage>,
): StorageType {
  return { type, config: z.unknown(), create: (config, { getSecret }) => create(config, getSecret) }
}

async function until(done: () => boolean): Promise<void> {
  for (let waited = 0; !done(); waited += 20) {
    assert.ok(waited < 5_000, 'it did not happen within five seconds')
    await sleep(20)
  }
}
