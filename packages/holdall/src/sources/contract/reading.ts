import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collect } from './bodies.ts'
import { watchLeaks } from './leaks.ts'
import { IMPOSSIBLE_PATHS } from './names.ts'
import type { Subject } from './subject.ts'

const MIB = 1024 * 1024

export function readingTests(subject: Subject): void {
  test('nothing is at a path where nothing was written', async () => {
    assert.equal(await subject.storage.stat(subject.fresh()), undefined)
    await assert.rejects(subject.storage.read(subject.fresh()), { code: 'file_missing' })
  })

  test('nothing is at a path that cannot be', async () => {
    for (const path of IMPOSSIBLE_PATHS) {
      assert.equal(await subject.storage.stat(path), undefined, JSON.stringify(path))
      await assert.rejects(subject.storage.read(path), { code: 'file_missing' }, JSON.stringify(path))
    }
  })

  test('a range reads that range alone', async () => {
    const path = subject.fresh()
    const size = 3 * MIB + 17
    const body = await subject.put(path, size)
    const cases = [
      { range: { offset: 0, length: 1 }, from: 0, to: 1 },
      { range: { offset: 0, length: size }, from: 0, to: size },
      { range: { offset: 1 }, from: 1, to: size },
      { range: { offset: MIB - 1, length: 2 }, from: MIB - 1, to: MIB + 1 },
      { range: { offset: size - 1 }, from: size - 1, to: size },
      { range: { offset: size - 1, length: 1 }, from: size - 1, to: size },
      { range: { offset: size - 5, length: 500 }, from: size - 5, to: size },
      { range: { suffix: 1 }, from: size - 1, to: size },
      { range: { suffix: MIB }, from: size - MIB, to: size },
      { range: { suffix: size + 1 }, from: 0, to: size },
    ]
    for (const { range, from, to } of cases) {
      const read = await collect(await subject.storage.read(path, { range }))
      assert.ok(read.equals(body.subarray(from, to)), JSON.stringify(range))
    }
  })

  test('a range that begins past the end is refused before any byte', async () => {
    const path = subject.fresh()
    await subject.put(path, 10)
    for (const range of [{ offset: 10 }, { offset: 11, length: 1 }, { suffix: 0 }]) {
      await assert.rejects(
        subject.storage.read(path, { range }),
        { code: 'range_not_satisfiable' },
        JSON.stringify(range),
      )
    }
  })

  test('an abandoned read holds nothing open', async () => {
    const path = subject.fresh()
    await subject.put(path, 2 * MIB)
    const check = await watchLeaks()
    for (let time = 0; time < 20; time += 1) {
      const unread = await subject.storage.read(path)
      await unread.cancel()
      const begun = (await subject.storage.read(path)).getReader()
      await begun.read()
      await begun.cancel()
    }
    await check()
  })

  test('a read ends with its signal', async () => {
    const path = subject.fresh()
    await subject.put(path, 4 * MIB)
    const check = await watchLeaks()
    const abort = new AbortController()
    const reader = (await subject.storage.read(path, { signal: abort.signal })).getReader()
    await reader.read()
    abort.abort(new Error('enough'))
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    }, /enough/)
    await assert.rejects(subject.storage.read(path, { signal: AbortSignal.abort(new Error('never')) }), /never/)
    await check()
  })
}
