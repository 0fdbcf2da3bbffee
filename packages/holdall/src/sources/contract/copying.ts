import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytes, collect, inChunks } from './bodies.ts'
import type { Subject } from './subject.ts'

export function copyingTests(subject: Subject): void {
  test('a copy is there whole, and neither goes with the other', async (t) => {
    const { storage } = subject
    if (storage.copy === undefined) return t.skip('it copies nothing by itself')
    const folder = subject.fresh('').slice(0, -1)
    const [from, to] = [`${folder}/a/one`, `${folder}/b/c/two`]
    const content = await subject.put(from, 100_000)
    await storage.copy(from, to)
    assert.deepEqual(await collect(await storage.read(to)), content)
    // Whoever died in between does it again.
    await storage.copy(from, to)
    await subject.delete(from)
    assert.equal(await storage.stat(from), undefined)
    assert.deepEqual(await collect(await storage.read(to)), content)
    await subject.write(from, inChunks(bytes(7)))
    await storage.copy(from, to)
    assert.equal((await storage.stat(to))?.size, 7)
    await subject.delete(to)
    assert.equal((await storage.stat(from))?.size, 7)
  })

  test('of what is not there no copy is made', async (t) => {
    const { storage } = subject
    if (storage.copy === undefined) return t.skip('it copies nothing by itself')
    const to = subject.fresh()
    await assert.rejects(storage.copy(subject.fresh(), to), { code: 'file_missing' })
    assert.equal(await storage.stat(to), undefined)
  })
}
