import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ListedPage } from '../storage.ts'
import { createList, type List } from './list.ts'
import { readWindow } from './names.ts'
import { openRoot } from './root.ts'

describe('a listing of a folder', () => {
  let root: string
  let list: List
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'holdall-list-'))
    list = createList(await openRoot(root, { make: false }), Date.now)
  })
  after(() => rmSync(root, { recursive: true }))

  function put(path: string, size = 0): void {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), '')
    truncateSync(join(root, path), size)
  }

  async function pages(limit: number, prefix?: string): Promise<ListedPage[]> {
    const all: ListedPage[] = []
    for (let cursor: string | null | undefined; cursor !== null; cursor = all.at(-1)?.next ?? null) {
      all.push(await list({ limit, ...(prefix && { prefix }), ...(cursor && { cursor }) }))
    }
    return all
  }

  test('gives each file once, with its size, in the order of the parts of its path, in pages of any length', async () => {
    const paths: string[] = []
    for (let n = 0; n < 120; n += 1) {
      const path = ['a', `a/${n % 3}`, `a b/${n % 2}/deep`, '', 'z'][n % 5] as string
      paths.push(`${path === '' ? '' : `${path}/`}file ${n}`)
    }
    for (const [at, path] of paths.entries()) put(path, at)
    mkdirSync(join(root, 'empty'))
    symlinkSync('z', join(root, 'a', 'link'))
    const key = (path: string) => path.split('/').join('\0')
    const expected = [...paths].sort((a, b) => (key(a) < key(b) ? -1 : 1))
    for (const limit of [1, 2, 7, 16, 17, 119, 120, 121, 1_000]) {
      const all = await pages(limit)
      assert.deepEqual(
        all.flatMap(({ files }) => files.map(({ path }) => path)),
        expected,
      )
      assert.ok(
        all.slice(0, -1).every(({ files }) => files.length === limit),
        `${limit}`,
      )
      for (const { path, size } of all.flatMap(({ files }) => files)) assert.equal(size, paths.indexOf(path))
    }
    const below = (await pages(4, 'a b/1')).flatMap(({ files }) => files.map(({ path }) => path))
    assert.deepEqual(
      below,
      expected.filter((path) => path.startsWith('a b/1')),
    )
  })

  test('fills a page although files went between the reading of their names and the look at them', async () => {
    const names = Array.from({ length: 100 }, (_, n) => `here/${String(n).padStart(3, '0')}`)
    for (const name of names) put(name)
    const first = await list({ limit: 10, prefix: 'here/' })
    assert.ok(first.next)
    for (const name of names.slice(10, 60)) rmSync(join(root, name))
    rmSync(join(root, names[70] as string))
    mkdirSync(join(root, names[70] as string))
    const second = await list({ limit: 20, prefix: 'here/', cursor: first.next })
    assert.deepEqual(
      second.files.map(({ path }) => path),
      names.slice(60, 81).filter((_, at) => at !== 10),
    )
    assert.ok(second.next)
  })

  test('reads a long folder by windows, which give each name once and in order, however long they are', async () => {
    const folder = 'long'
    const names = Array.from({ length: 300 }, (_, n) => `${(n * 7_919) % 1_000}`)
    for (const name of names) put(`${folder}/${name}`)
    names.sort()
    for (const most of [1, 7, 8, 100, 299, 300, 301]) {
      const read: string[] = []
      for (let last = false; !last; ) {
        const window = await readWindow(join(root, folder), read.at(-1) ?? '', { most })
        read.push(...window.entries.map(({ name }) => name))
        last = window.last
        assert.equal(window.entries.length, last ? 300 % most || most : most)
      }
      assert.deepEqual(read, names)
    }
  })
})
