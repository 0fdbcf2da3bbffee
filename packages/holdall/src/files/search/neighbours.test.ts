import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import { sql } from 'kysely'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { ORDERS } from '../list.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import type { FileQuestion } from './file-list.ts'
import { newestFound, nextFound } from './found.ts'

const FILES = 60

let room: TestFiles
let app: Hono<RouteEnv>
const sources: number[] = []

before(async () => {
  const folder = (name: string) => ({ storage: 'filesystem', config: { root: `/nowhere/${name}` } })
  room = await openTestFiles({
    sources: { photos: folder('photos'), others: folder('others'), closed: folder('closed') },
    permissions: {
      'files-browse': { photos: { allow: true }, others: { allow: true }, closed: { allow: false } },
      'files-edit': { photos: { allow: { id: 'alice' } }, others: { allow: { id: 'alice' } } },
    },
  })
  app = createHttp(room.routes, room.hooks)
  const [photos, others, closed] = ['photos', 'others', 'closed'].map((slug) => room.sources.get(slug).id) as [
    number,
    number,
    number,
  ]
  sources.push(photos, others)
  await room.database.write(async (trx) => {
    for (let n = 0; n < FILES; n += 1) {
      const day = `2026-01-${String(1 + (n % 20)).padStart(2, '0')}T00:00:00.000Z`
      const name = `${['Harbour', 'boat', 'quay'][n % 3]} ${(n * 7) % 13}.${n % 2 === 0 ? 'jpg' : 'pdf'}`
      await trx
        .insertInto('datasette_files')
        .values({
          id: idOf(n),
          source_id: n % 10 === 9 ? closed : n % 4 === 3 ? others : photos,
          path: `box ${n % 3}/${n} ${name}`,
          filename: name,
          content_type: n % 2 === 0 ? 'image/jpeg' : 'application/pdf',
          content_hash: n % 6 === 0 ? `sha256:${'0'.repeat(64)}` : null,
          // Some are not known, and many the same.
          size: n % 5 === 0 ? null : 100 + (n % 7),
          created_at: day,
          search_text: n % 8 === 0 ? 'a harbour seen from a boat' : '',
          adopted: 1,
          changed_at: n % 7 === 0 ? day : null,
          missing_since: n % 9 === 0 ? day : null,
          unreadable: n % 11 === 0 ? 'cut_off' : null,
        })
        .execute()
    }
  })
})
after(() => room.close())

function idOf(n: number): string {
  return `df-${String(n).padStart(26, '0')}`
}

const asked: Omit<FileQuestion, 'sources'>[] = []
for (const sort of [undefined, 'newest', 'name', 'size'] as const) {
  for (const type of [undefined, 'image/*'] as const) {
    for (const state of [undefined, 'missing', 'changed', 'unreadable'] as const) {
      for (const q of ['', 'harbour', 'boat har'])
        for (const folder of ['', 'box 1']) asked.push({ q, type, state, folder, sort })
    }
  }
}
asked.push(
  { sort: 'path' },
  { folder: 'box 1', sort: 'path' },
  { hash: `sha256:${'0'.repeat(64)}` },
  { hash: `sha256:${'0'.repeat(64)}`, type: 'image/*', state: 'missing' },
  { q: '00000000' },
  { q: '00000000', sort: 'name' },
  { q: '00000000', folder: 'box 0' },
  { q: '00000000', type: 'image/*', state: 'missing' },
)

describe('the files before and after one', () => {
  test('are those of its list, whatever it is of and in whatever order', async () => {
    const { registry } = room.files
    let compared = 0
    for (const question of asked) {
      const about = JSON.stringify(question)
      const list = await registry.list({ ...question, sources, limit: 200 })
      for (const [at, { id }] of list.files.entries()) {
        const { previous, next } = await registry.neighbours({ ...question, sources, sort: list.sort }, id)
        const found = [previous?.id, next?.id]
        assert.deepEqual(found, [list.files[at - 1]?.id, list.files[at + 1]?.id], `${about} at ${at}`)
        compared += 1
      }
    }
    assert.ok(compared > 1_000, `${compared}`)
  })

  test('are found one by one where too many begin with the digits of a hash to be sorted', async () => {
    const { files } = await room.files.registry.list({ q: '00000000', sources, limit: 200 })
    const plan = { anywhere: [], tiers: [], hashes: { digits: '00000000', end: '', types: undefined } }
    const seqs = await room.database.read
      .selectFrom('datasette_files')
      .select('seq')
      .where(
        'id',
        'in',
        files.map(({ id }) => id),
      )
      .orderBy('seq', 'desc')
      .execute()
    const places = seqs.map(({ seq }) => Number(seq))
    assert.ok(places.length > 5)
    for (const [at, place] of places.entries()) {
      const [next] = await newestFound(room.database, plan, sources, place, 1, undefined)
      const [previous] = await nextFound(room.database, plan, sources, place, undefined)
      assert.deepEqual([previous, next], [places[at - 1], places[at + 1]])
    }
  })

  test('are never of a source that one may not browse, nor is there any of such a file', async () => {
    const { registry } = room.files
    const closed = new Set(Array.from({ length: FILES }, (_, n) => n).flatMap((n) => (n % 10 === 9 ? [idOf(n)] : [])))
    for (const sort of ['newest', 'name', 'size', 'path'] as const) {
      for (let n = 0; n < FILES; n += 1) {
        const { previous, next } = await registry.neighbours({ sources, sort }, idOf(n))
        if (closed.has(idOf(n))) assert.deepEqual([previous, next], [undefined, undefined])
        assert.equal(closed.has(previous?.id ?? '') || closed.has(next?.id ?? ''), false)
      }
    }
  })

  test('are on the page of a file that was opened from a list, in its order, and saving stays in it', async () => {
    const get = async (path: string) => await (await app.request(path, { headers: { 'X-Actor': 'alice' } })).text()
    const listed = await get('/-/files/search?q=harbour&_sort=name&content_type=image/*')
    const links = [...listed.matchAll(/href="(\/-\/files\/df-[^"]+)" title/g)].map(([, href]) =>
      (href ?? '').replaceAll('&amp;', '&'),
    )
    assert.ok(links.length > 3)
    assert.match(links[0] ?? '', /\?from=search&q=harbour&content_type=image%2F\*&_sort=name$/)
    const page = await get(links[1] ?? '')
    const [, previous, next] =
      /<nav class="neighbours"[^>]*><a class="[^"]*" href="([^"]+)" rel="prev"[^>]*>.*?<a class="[^"]*" href="([^"]+)" rel="next"/.exec(
        page,
      ) ?? []
    assert.deepEqual(
      [previous, next].map((href) => href?.replaceAll('&amp;', '&')),
      [links[0], links[2]],
    )
    assert.match(page, /<a href="\/-\/files\/search\?q=harbour[^"]*_sort=name">Back to the list<\/a>/)
    assert.match(await get(links[0] ?? ''), /<span [^>]*aria-disabled="true">(?:<svg.*?<\/svg>)?Previous/)
    assert.doesNotMatch(await get(`/-/files/${idOf(0)}`), /neighbours/)

    const [, action] = /<form method="post" action="([^"]+)" class="file-description"/.exec(page) ?? []
    const saved = await app.request((action ?? '').replaceAll('&amp;', '&'), {
      method: 'POST',
      headers: { 'X-Actor': 'alice', 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' },
      body: new URLSearchParams({ search_text: 'a harbour' }).toString(),
    })
    assert.deepEqual([saved.status, saved.headers.get('Location')], [303, links[1]])
  })
})

test('an index is entered at the place of the file, forwards and backwards, in whatever order', async () => {
  for (const order of ['newest', 'name', 'size', 'path', 'changed'] as const) {
    const { by, byBack, after, before } = ORDERS[order]
    const place = order === 'size' ? [5, 'x'] : ['x', 'x']
    for (const [condition, sorted] of [
      [after(place), by],
      [before(place), byBack],
    ] as const) {
      const { rows } = await sql<{ detail: string }>`EXPLAIN QUERY PLAN SELECT f.seq FROM datasette_files AS f
        WHERE f.source_id = 1 AND ${order === 'changed' ? sql`f.changed_at IS NOT NULL AND` : sql``} ${condition}
        ORDER BY ${sorted} LIMIT 1`.execute(room.database.read)
      const plan = rows.map(({ detail }) => detail).join('\n')
      assert.match(plan, /INDEX \w+ \(source_id=\? AND .*[<>]/, `${order}: ${plan}`)
      assert.doesNotMatch(plan, /TEMP B-TREE/, `${order}: ${plan}`)
    }
  }
})
