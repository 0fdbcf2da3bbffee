import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { filesystemType } from '../../sources/filesystem/storage.ts'
import type { Storage } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import { createLog } from '../../web/log.ts'
import { openObjectCache, type RemoteObject } from './cache.ts'
import { isSuperuser } from './rights.ts'

const base = await mkdtemp(join(tmpdir(), 'holdall-cache-'))
after(() => rm(base, { recursive: true, force: true }))

const root = join(base, 'root')
const here = await filesystemType().create(
  { root },
  {
    getSecret: async () => undefined,
    fetch,
    log: createLog(() => {}),
  },
)
after(() => here.close?.())

interface Elsewhere {
  readonly storage: Storage
  reads: number
  bytes: number
  /** Holds back whatever is read. */
  gate: Promise<void>
}

/** The same files as a storage that cannot open them here, as those of a network. */
function elsewhere(): Elsewhere {
  const state: Elsewhere = {
    reads: 0,
    bytes: 0,
    gate: Promise.resolve(),
    storage: {
      stat: (path, options) => here.stat(path, options),
      async read(path, options) {
        state.reads++
        const aborted = new Promise<never>((_, reject) =>
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
        )
        await Promise.race([state.gate, aborted])
        const stream = await here.read(path, options)
        return stream.pipeThrough(
          new TransformStream({
            transform(chunk: Uint8Array, controller) {
              state.bytes += chunk.length
              controller.enqueue(chunk)
            },
          }),
        )
      },
    },
  }
  return state
}

let number = 0
async function stored(bytes: number, storage: Storage): Promise<RemoteObject & { readonly contents: Buffer }> {
  const path = `objects/${++number}.parquet`
  const contents = randomBytes(bytes)
  await here.write?.(
    path,
    (async function* () {
      yield contents
    })(),
  )
  return { storage, sourceId: 's', path, size: bytes, etag: `etag-${number}`, contents }
}

const newFolder = async () => await mkdtemp(join(base, 'folder-'))
const rejectsWith = (code: string) => (error: unknown) => error instanceof HoldallError && error.code === code

test('what lies here is used as it is; what Holdall wrote is written no more by anybody', async () => {
  const folder = await newFolder()
  const cache = openObjectCache({ folder })
  const object = await stored(1_000, here)
  const local = await cache.open({ ...object, isOurs: true })
  assert.deepEqual(await readFile(local.path), object.contents)
  assert.deepEqual(await readdir(folder), [])
  assert.equal((await stat(join(root, object.path))).mode & 0o777, 0o444)
  await local.close()
  const adopted = await stored(10, here)
  await (await cache.open(adopted)).close()
  assert.equal((await stat(join(root, adopted.path))).mode & 0o200, 0o200)
  await assert.rejects(cache.open({ ...object, size: 999 }), rejectsWith('file_missing'))
  await assert.rejects(cache.open({ ...object, path: 'objects/none' }), rejectsWith('file_missing'))
  await cache.close()
})

if (isSuperuser()) {
  test('what only the superuser may read is copied for those who run queries', async () => {
    const folder = await newFolder()
    const cache = openObjectCache({ folder })
    const object = await stored(1_000, here)
    await chmod(join(root, object.path), 0o600)
    const local = await cache.open(object)
    assert.deepEqual(await readFile(local.path), object.contents)
    assert.equal((await readdir(folder)).length, 1)
    await local.close()
    await cache.close()
  })
}

test('what lies elsewhere is copied once, by ranges, and nobody may write the copy; a restart finds it', async () => {
  const folder = await newFolder()
  const far = elsewhere()
  const object = await stored(20 * 1024 * 1024 + 7, far.storage)
  let cache = openObjectCache({ folder })
  const locals = await Promise.all(Array.from({ length: 5 }, () => cache.open(object)))
  assert.equal(far.bytes, object.size)
  assert.equal(far.reads, 3)
  for (const local of locals) {
    assert.ok((await readFile(local.path)).equals(object.contents))
    await local.close()
  }
  const [name] = await readdir(folder)
  assert.equal((await stat(join(folder, name as string))).mode & 0o777, 0o444)
  await cache.close()
  cache = openObjectCache({ folder })
  await (await cache.open(object)).close()
  assert.equal(far.bytes, object.size)
  // Another state of it is another file.
  await (await cache.open({ ...object, etag: 'another' })).close()
  assert.equal(far.bytes, 2 * object.size)
  await cache.close()
})

test('copies together keep within their bytes: the one that was not used for longest goes', async () => {
  const folder = await newFolder()
  const far = elsewhere()
  const objects = await Promise.all([300, 300, 300, 300].map((bytes) => stored(bytes, far.storage)))
  const [a, b, c, d] = objects as unknown as [RemoteObject, RemoteObject, RemoteObject, RemoteObject]
  let cache = openObjectCache({ folder, maxBytes: 900 })
  const use = async (object: RemoteObject) => await (await cache.open(object)).close()
  for (const object of [a, b, c, a]) await use(object)
  await use(d)
  assert.equal((await readdir(folder)).length, 3)
  const before = far.reads
  await use(a)
  await use(c)
  await use(d)
  assert.equal(far.reads, before, 'b went')
  await use(b)
  assert.equal(far.reads, before + 1)

  // What is used stays, and is used on; at the limit there is room, one byte past it there is none.
  const held = await Promise.all([cache.open(b), cache.open(c), cache.open(d)])
  await assert.rejects(cache.open(a), rejectsWith('query_busy'))
  for (const local of held) await local.close()
  await use(a)
  const large = await stored(900, far.storage)
  await use(large)
  assert.equal((await readdir(folder)).length, 1)
  await assert.rejects(cache.open(await stored(901, far.storage)), rejectsWith('query_limit'))
  await cache.close()

  // The order is kept over a restart.
  await rm(folder, { recursive: true })
  cache = openObjectCache({ folder, maxBytes: 900 })
  for (const object of [a, b, c]) await use(object)
  await cache.close()
  const names = await Promise.all(
    (await readdir(folder)).map(async (name) => ({ name, mtime: (await stat(join(folder, name))).mtime })),
  )
  for (const [index, { name, mtime }] of names.entries()) await utimes(join(folder, name), 1_000_000 - index, mtime)
  cache = openObjectCache({ folder, maxBytes: 900 })
  await use(d)
  assert.equal((await readdir(folder)).includes(names.at(-1)?.name as string), false)
  await cache.close()
})

test('a copy is whole or not there: what was begun by a process that is no more goes', async () => {
  const folder = await newFolder()
  const far = elsewhere()
  const object = await stored(1_000, far.storage)
  await writeFile(join(folder, '00000000-1-1.x.part'), 'of another host, stays')
  const { THIS_PROCESS } = await import('../../sources/process.ts')
  const dead = `${THIS_PROCESS.split('-')[0]}-4194000-1.x.part`
  await writeFile(join(folder, dead), 'half')
  let cache = openObjectCache({ folder })
  await (await cache.open(object)).close()
  assert.equal((await readdir(folder)).includes(dead), false)
  await cache.close()

  // One that is shorter than it should be is fetched again.
  const name = (await readdir(folder)).find((entry) => entry.length === 64) as string
  await rm(join(folder, name))
  await writeFile(join(folder, name), object.contents.subarray(0, 500))
  cache = openObjectCache({ folder })
  const local = await cache.open(object)
  assert.ok((await readFile(local.path)).equals(object.contents))
  await local.close()
  await cache.close()
})

test('a storage that fails leaves nothing, and the next one begins anew; one who goes stops nobody else', async () => {
  const folder = await newFolder()
  const far = elsewhere()
  const object = await stored(1_000, far.storage)
  const cache = openObjectCache({ folder })
  await assert.rejects(cache.open({ ...object, size: 1_001 }))
  await assert.rejects(cache.open({ ...object, path: 'objects/none' }), rejectsWith('file_missing'))
  assert.deepEqual(await readdir(folder), [])

  const held = Promise.withResolvers<void>()
  far.gate = held.promise
  const leaving = new AbortController()
  const gone = assert.rejects(cache.open(object, leaving.signal), /has left/)
  const staying = cache.open(object)
  await sleep(20)
  leaving.abort(new Error('has left'))
  await gone
  held.resolve()
  await (await staying).close()

  const alone = new AbortController()
  far.gate = new Promise(() => {})
  const other = await stored(10, far.storage)
  const left = assert.rejects(cache.open(other, alone.signal), /has left/)
  await sleep(20)
  alone.abort(new Error('has left'))
  await left
  far.gate = Promise.resolve()
  await (await cache.open(other)).close()
  await cache.close()
})
