import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { StoredFile } from '../storage.ts'
import { bytes, inChunks } from './bodies.ts'
import type { Subject } from './subject.ts'

const SMALL_PAGE = 17
const AT_ONCE = 32

/** Needs a storage of its own: every file in it is one of these. */
export function listingTests(subject: Subject, files: number): void {
  const expected = new Map<string, number>()

  before(async () => {
    for (let at = 0; at < files; at += 1) expected.set(pathOf(at), at % 7)
    const waiting = [...expected]
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
          await subject.write(next[0], inChunks(bytes(next[1])))
        }
      }),
    )
  })

  test('small pages give every file once, in an order that does not change', async () => {
    const first = await all(SMALL_PAGE)
    assert.equal(first.length, files)
    assert.equal(new Set(first.map(({ path }) => path)).size, files)
    for (const file of first) assert.equal(file.size, expected.get(file.path), file.path)
    assert.deepEqual(
      (await all(1_000)).map(({ path }) => path),
      first.map(({ path }) => path),
    )
  })

  test('a prefix is a beginning of the path, wherever it ends', async () => {
    for (const prefix of ['flat-0012', 'deep/3/', 'deep/3', 'deep/3/44', 'flat-00', 'nothing', 'deep/3/448.txt']) {
      const listed = (await all(100, prefix)).map(({ path }) => path)
      const wanted = [...expected.keys()].filter((path) => path.startsWith(prefix))
      assert.deepEqual(listed.toSorted(), wanted.toSorted(), prefix)
    }
  })

  test('a listing carries on when files come and go', async () => {
    const page = await subject.list({ limit: 50 })
    const last = page.files.at(-1) as StoredFile
    const rest = (await all(1_000)).map(({ path }) => path).slice(50)
    await subject.write(`${last.path}-new`, inChunks(bytes(1)))
    if (subject.canDelete) await subject.delete(last.path)
    const seen: string[] = []
    for (let next = page.next; next !== null; ) {
      const following = await subject.list({ cursor: next, limit: 1_000 })
      seen.push(...following.files.map(({ path }) => path))
      next = following.next
    }
    assert.deepEqual(
      seen.filter((path) => expected.has(path)),
      rest,
    )
  })

  test('a cursor that no page gave out is refused, and so is a page of no size', async () => {
    for (const cursor of ['', '%', 'a b', '../..']) {
      await assert.rejects(subject.list({ cursor }), { code: 'invalid_cursor' }, JSON.stringify(cursor))
    }
    for (const limit of [0, -1, 1.5, 1_001]) await assert.rejects(subject.list({ limit }), { status: 400 }, `${limit}`)
  })

  async function all(limit: number, prefix?: string): Promise<StoredFile[]> {
    const files: StoredFile[] = []
    let cursor: string | null | undefined
    do {
      const page = await subject.list({
        limit,
        ...(prefix === undefined ? {} : { prefix }),
        ...(typeof cursor === 'string' ? { cursor } : {}),
      })
      assert.ok(page.files.length <= limit)
      files.push(...page.files)
      cursor = page.next
    } while (cursor !== null)
    return files
  }
}

/** Half of them in one folder, half in folders, as a storage is filled by hand and by us. */
function pathOf(at: number): string {
  if (at % 2 === 0) return `flat-${at.toString().padStart(6, '0')}.txt`
  return `deep/${at % 10}/${Math.floor(at / 10)}.txt`
}
