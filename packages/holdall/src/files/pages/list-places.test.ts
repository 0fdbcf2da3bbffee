import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHttp } from '../../app/http.ts'
import { openTestFiles } from '../testing.ts'
import { PAGE_OF_TILES } from './tiles.ts'

const FILES = 2 * PAGE_OF_TILES + 10

function idOf(n: number): string {
  return `df-${String(n).padStart(26, '0')}`
}

const LISTS = [
  '/-/files/browse/photos?_sort=name&view=list',
  '/-/files/search?q=boat',
  '/-/files/search?state=missing&_sort=size',
]

for (const list of LISTS) {
  test(`the way back leads to the page of the list that the file is on, however one came to it: ${list}`, async () => {
    const room = await openTestFiles()
    try {
      const { id: source_id } = room.sources.get('photos')
      const missing_since = '2026-01-01T00:00:00.000Z'
      await room.database.write(async (trx) => {
        for (let n = 0; n < FILES; n += 1) {
          const filename = `boat ${(n * 7) % FILES}.txt`
          const file = { id: idOf(n), source_id, path: `${n} ${filename}`, filename, size: n, missing_since }
          await trx
            .insertInto('datasette_files')
            .values({ ...file, created_at: '2026-01-01' })
            .execute()
        }
      })
      const app = createHttp(room.routes, room.hooks)
      const get = async (path: string) => {
        const answer = await app.request(path, { headers: { 'X-Actor': 'alice' } })
        assert.equal(answer.status, 200, path)
        return (await answer.text()).replaceAll('&amp;', '&')
      }
      const idsIn = (html: string) => [
        ...new Set([...html.matchAll(/href="\/-\/files\/(df-\d{26})\?/g)].map(([, id]) => id)),
      ]
      const linkIn = (html: string, rel: string) => new RegExp(`href="([^"]+)" rel="${rel}"`).exec(html)?.[1]
      const first = await get(list)
      let href = /href="(\/-\/files\/df-\d{26}\?[^"]+)"/.exec(first)?.[1]
      const pages = new Set<string>()
      const seen: string[] = []
      for (const rel of ['next', 'prev']) {
        for (let next: string | undefined = href; next !== undefined; ) {
          const path: string = next
          const html = await get(path)
          const [, id = ''] = /(df-\d{26})/.exec(path) ?? []
          const [, back = ''] = /<a href="([^"]+)">Back to the list/.exec(html) ?? []
          // The two ends of each page are where one could be led to another.
          const at = seen.length % PAGE_OF_TILES
          if (at <= 1 || at >= PAGE_OF_TILES - 2) {
            assert.ok(idsIn(await get(back)).includes(id), `${id} is not on ${back}`)
          }
          pages.add(back)
          seen.push(id)
          href = path
          next = linkIn(html, rel)
        }
        assert.equal(new Set(seen).size, FILES)
        if (rel === 'next') {
          assert.deepEqual(seen.slice(0, PAGE_OF_TILES), idsIn(first))
          // Backwards one is where one was, counted from the end.
          seen.length = PAGE_OF_TILES - (FILES % PAGE_OF_TILES)
        }
      }
      assert.equal(pages.size, 3, [...pages].join('\n'))
    } finally {
      await room.close()
    }
  })
}

test('who deletes a file from its page comes to the page of the list that it was on, or before it where it was alone there', async () => {
  const room = await openTestFiles({
    permissions: { 'files-browse': { id: 'alice' }, 'files-delete': { id: 'alice' } },
  })
  try {
    const { id: source_id } = room.sources.get('photos')
    await room.database.write(async (trx) => {
      for (let n = 0; n <= PAGE_OF_TILES; n += 1) {
        const filename = `boat ${String(n).padStart(3, '0')}.txt`
        const file = { id: idOf(n), source_id, path: `${n}`, filename, size: n, created_at: '2026-01-01' }
        await trx.insertInto('datasette_files').values(file).execute()
      }
    })
    const app = createHttp(room.routes, room.hooks)
    const headers = { 'X-Actor': 'alice', Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin' }
    const get = async (path: string) => (await (await app.request(path, { headers })).text()).replaceAll('&amp;', '&')
    const remove = async (html: string) => {
      const [, action = ''] =
        /<form [^>]*action="([^"]+\/-\/delete)"[^>]*aria-label="Move this file to trash">/.exec(html) ?? []
      const [, form = ''] = /aria-label="Move this file to trash">(.*?)<\/form>/s.exec(html) ?? []
      const fields = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)]
      const body = new URLSearchParams(fields.map(([, name = '', value = '']) => [name, value]))
      const answer = await app.request(action, { method: 'POST', headers, body })
      assert.equal(answer.status, 303)
      return answer.headers.get('Location')
    }
    for (const list of ['/-/files/browse/photos?_sort=name&view=list', '/-/files/search?q=boat&_sort=name']) {
      const first = await get(list)
      const [, nextPage = ''] = /href="([^"]*_next=[^"]*)"/.exec(first) ?? []
      const hrefs = [...(await get(nextPage)).matchAll(/href="(\/-\/files\/df-\d{26}\?[^"]+)"/g)]
      const [, last = ''] = hrefs.at(-1) ?? []
      const onFirst = /href="(\/-\/files\/df-\d{26}\?[^"]+)"/.exec(first)?.[1] ?? ''
      // Alone on the last page, its list ends with the page before. A file is back for the next list.
      assert.equal(await remove(await get(last)), list)
      await room.files.trash.restore([/df-\d{26}/.exec(last)?.[0] ?? ''])
      assert.equal(await remove(await get(onFirst)), list)
      await room.files.trash.restore([/df-\d{26}/.exec(onFirst)?.[0] ?? ''])
    }
    // A second page that has more files is come back to.
    await room.database.write(async (trx) => {
      const filename = 'boat 999.txt'
      await trx
        .insertInto('datasette_files')
        .values({ id: idOf(999), source_id, path: '999', filename })
        .execute()
    })
    const list = '/-/files/browse/photos?_sort=name'
    const [, second = ''] = /href="([^"]*_next=[^"]*)"/.exec(await get(list)) ?? []
    const [, file = ''] = /href="(\/-\/files\/df-\d{26}\?[^"]+)"/.exec(await get(second)) ?? []
    assert.equal(await remove(await get(file)), second)
    // Opened from nowhere, its source is what is left.
    assert.equal(await remove(await get(`/-/files/${idOf(999)}`)), '/-/files/browse/photos')
  } finally {
    await room.close()
  }
})
