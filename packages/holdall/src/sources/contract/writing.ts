import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storagePath } from '../paths.ts'
import { bytes, collect, hashOf, inChunks } from './bodies.ts'
import { watchLeaks } from './leaks.ts'
import { IMPOSSIBLE_PATHS, NAUGHTY_NAMES } from './names.ts'
import type { Subject } from './subject.ts'

const MIB = 1024 * 1024
const WRITERS = 8

export function writingTests(subject: Subject): void {
  for (const [name, size] of [
    ['empty', 0],
    ['one byte', 1],
    ['5 MiB', 5 * MIB],
    ['5 MiB and one byte', 5 * MIB + 1],
  ] as const) {
    test(`what is written is read again: ${name}`, async () => {
      const path = subject.fresh()
      const body = await subject.put(path, size)
      const stat = await subject.storage.stat(path)
      assert.equal(stat?.path, path)
      assert.equal(stat?.size, size)
      assert.ok(stat?.contentHash === undefined || stat.contentHash === hashOf(body))
      assert.ok((await collect(await subject.storage.read(path))).equals(body))
    })
  }

  test('chunks of every size make the same file', async () => {
    const body = bytes(300_000)
    for (const chunk of [1_000, 65_536, 65_537, 299_999, 300_000]) {
      const path = subject.fresh()
      const written = await subject.write(path, inChunks(body, chunk))
      assert.equal(written.contentHash, hashOf(body))
      assert.ok((await collect(await subject.storage.read(path))).equals(body), `${chunk}`)
    }
  })

  test('names that are hard to hold', async () => {
    const check = await watchLeaks()
    for (const [at, name] of NAUGHTY_NAMES.entries()) {
      const path = storagePath(subject.fresh('').slice(0, -1), name)
      const body = await subject.put(path, at + 1, at)
      assert.equal((await subject.storage.stat(path))?.size, at + 1, name)
      assert.ok((await collect(await subject.storage.read(path))).equals(body), name)
    }
    await check()
  })

  test('a path that cannot be is refused, and its body is let go', async () => {
    for (const path of IMPOSSIBLE_PATHS) {
      await assert.rejects(
        subject.write(path, inChunks(bytes(10))),
        { code: 'storage_path_invalid' },
        JSON.stringify(path),
      )
    }
    assert.deepEqual(await subject.leftovers(), [])
  })

  test('what is at a path is replaced as a whole', async () => {
    const path = subject.fresh()
    await subject.put(path, 200_000, 1)
    const second = await subject.put(path, 10, 2)
    assert.ok((await collect(await subject.storage.read(path))).equals(second))
  })

  test('of concurrent writes to one path one stays, whole', async () => {
    const path = subject.fresh()
    const bodies = Array.from({ length: WRITERS }, (_, seed) => bytes(MIB + seed, seed + 1))
    await Promise.all(bodies.map((body) => subject.write(path, inChunks(body))))
    const read = await collect(await subject.storage.read(path))
    assert.ok(bodies.some((body) => body.equals(read)))
    assert.deepEqual(await subject.leftovers(), [])
  })

  test('nothing is visible before the end of a write', async () => {
    const path = subject.fresh()
    const body = bytes(3 * MIB)
    let seen: unknown = 'not looked'
    async function* watched() {
      yield* inChunks(body.subarray(0, 2 * MIB))
      seen = await subject.storage.stat(path)
      yield* inChunks(body.subarray(2 * MIB))
    }
    await subject.write(path, watched())
    assert.equal(seen, undefined)
    assert.equal((await subject.storage.stat(path))?.size, 3 * MIB)
  })

  test('a body that fails leaves what was there before', async () => {
    const path = subject.fresh()
    const check = await watchLeaks()
    async function* failing() {
      yield* inChunks(bytes(2 * MIB))
      throw new Error('the client went away')
    }
    await assert.rejects(subject.write(path, failing()), /the client went away/)
    assert.equal(await subject.storage.stat(path), undefined)
    const kept = await subject.put(path, 1_000)
    await assert.rejects(subject.write(path, failing()), /the client went away/)
    assert.ok((await collect(await subject.storage.read(path))).equals(kept))
    assert.deepEqual(await subject.leftovers(), [])
    await check()
  })

  test('a write is aborted in the middle, even while it waits for its body', async () => {
    const path = subject.fresh()
    const check = await watchLeaks()
    const abort = new AbortController()
    const { promise: never } = Promise.withResolvers<void>()
    async function* stalling() {
      yield* inChunks(bytes(2 * MIB))
      setImmediate(() => abort.abort(new Error('stopped by hand')))
      await never
    }
    await assert.rejects(subject.write(path, stalling(), { signal: abort.signal }), /stopped by hand/)
    await assert.rejects(
      subject.write(path, inChunks(bytes(10)), { signal: AbortSignal.abort(new Error('before it began')) }),
      /before it began/,
    )
    assert.equal(await subject.storage.stat(path), undefined)
    assert.deepEqual(await subject.leftovers(), [])
    await check()
  })
}
