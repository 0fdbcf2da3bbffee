import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytes, inChunks } from './bodies.ts'
import { IMPOSSIBLE_PATHS } from './names.ts'
import type { Subject } from './subject.ts'

const ROUNDS = 50

export function deletingTests(subject: Subject): void {
  test('exactly one path is deleted', async () => {
    const folder = subject.fresh('').slice(0, -1)
    const kept = [`${folder}/ab`, `${folder}/a.txt`, `${folder}b/a`, `${folder}/sub/a`]
    for (const path of [`${folder}/a`, ...kept]) await subject.put(path, 10)
    await subject.delete(`${folder}/a`)
    assert.equal(await subject.storage.stat(`${folder}/a`), undefined)
    for (const path of kept) assert.equal((await subject.storage.stat(path))?.size, 10, path)
  })

  test('absent is success', async () => {
    const path = subject.fresh()
    await subject.delete(path)
    await subject.put(path, 10)
    await subject.delete(path)
    await subject.delete(path)
    for (const impossible of IMPOSSIBLE_PATHS) await subject.delete(impossible)
  })

  test('a folder is not a file', async () => {
    const folder = subject.fresh('').slice(0, -1)
    await subject.put(`${folder}/a`, 10)
    await subject.delete(folder)
    assert.equal((await subject.storage.stat(`${folder}/a`))?.size, 10)
    assert.equal(await subject.storage.stat(folder), undefined)
  })

  test('a deleted path is listed no more and can be written again', async () => {
    const path = subject.fresh()
    await subject.put(path, 10)
    await subject.delete(path)
    if (subject.storage.list !== undefined) {
      assert.deepEqual((await subject.list({ prefix: path })).files, [])
    }
    await subject.put(path, 20)
    assert.equal((await subject.storage.stat(path))?.size, 20)
  })

  test('deleting beside a write never harms the write', async () => {
    const folder = subject.fresh('').slice(0, -1)
    for (let round = 0; round < ROUNDS; round += 1) {
      const path = `${folder}/${round}`
      await subject.put(`${folder}/gone`, 1)
      await Promise.all([subject.delete(`${folder}/gone`), subject.write(path, inChunks(bytes(10)))])
      assert.equal((await subject.storage.stat(path))?.size, 10)
      await subject.delete(path)
    }
  })
}
