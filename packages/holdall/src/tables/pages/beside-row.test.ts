import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from './test-app.ts'

let app: TestApp

before(async () => {
  app = await openTestApp({
    sql: `
      CREATE TABLE objects (id INTEGER PRIMARY KEY, title TEXT NOT NULL, year INTEGER);
      INSERT INTO objects (title, year) VALUES ('Jug', 1862), ('Bowl', 1870), ('Groat', 1682), ('Ledger', 1870);
      CREATE TABLE alone (id INTEGER PRIMARY KEY, note TEXT);
      INSERT INTO alone (note) VALUES ('the only one');
    `,
    config: { permissions: { 'view-table': { id: 'ann' } } },
  })
})
after(() => app.close())

/** Where Previous, Next and the list lead; null where they lead nowhere. */
function besideIn(page: string): (string | null)[] {
  const [, nav = ''] = /<nav class="neighbours"[^>]*>(.*?)<\/nav>/s.exec(page) ?? []
  return ['rel="prev"', 'rel="next"', ''].map((rel) => {
    const links = [...nav.matchAll(/<a ([^>]*)>/g)].map(([, attributes = '']) => attributes)
    const link = links.find((one) => (rel === '' ? !one.includes('rel=') : one.includes(rel)))
    return link === undefined ? null : (/href="([^"]*)"/.exec(link)?.[1] ?? '').replaceAll('&amp;', '&')
  })
}

test('a row leads to those before and after it in the table', async () => {
  const page = await app.page('/data/objects/2', 'ann')
  assert.deepEqual(besideIn(page), ['/data/objects/1', '/data/objects/3', '/data/objects'])
  assert.match(page, /rel="prev" title="Jug"/)
  assert.deepEqual(besideIn(await app.page('/data/objects/1', 'ann')), [null, '/data/objects/2', '/data/objects'])
  assert.doesNotMatch(await app.page('/data/alone/1', 'ann'), /class="neighbours"/)
})

test('and, from a list with filters and a sort, to those of that list', async () => {
  const list = 'year__gte=1800&_sort_desc=title'
  const listed = await app.page(`/data/objects?${list}&_size=2`, 'ann')
  assert.ok(
    listed.includes(`href="/data/objects/1?${list.replaceAll('&', '&amp;')}"`),
    listed.slice(listed.indexOf('<table')),
  )
  const row = await app.page(`/data/objects/1?${list}`, 'ann')
  assert.deepEqual(besideIn(row), [`/data/objects/4?${list}`, `/data/objects/2?${list}`, `/data/objects?${list}`])
  const plain = await app.page('/data/objects?_size=2&_next=1&_nocol=year', 'ann')
  assert.ok(plain.includes('href="/data/objects/2"'), 'where nothing is asked for, an address is only that of the row')
})

test('the way back leads to the page that the row is on, and saving and deleting stay in the list', async () => {
  const list = 'year__gte=1800&_sort_desc=title&_size=2'
  assert.equal(besideIn(await app.page(`/data/objects/4?${list}`, 'ann'))[2], `/data/objects?${list}`)
  const [, , back = ''] = besideIn(await app.page(`/data/objects/2?${list}`, 'ann'))
  assert.match(back ?? '', /&_next=/)
  const listed = await app.page(back ?? '', 'ann')
  assert.match(listed, /href="\/data\/objects\/2\?/)
  assert.doesNotMatch(listed, /href="\/data\/objects\/[14]\?/)

  const row = await app.page(`/data/objects/2?${list}`, 'root')
  const escaped = list.replaceAll('&', '&amp;')
  assert.ok(row.includes(`href="/data/objects/2/-/update?${escaped}"`))
  const form = await app.page(`/data/objects/2/-/update?${list}`, 'root')
  assert.ok(form.includes(`action="/data/objects/2/-/update?${escaped}"`))
  assert.ok(form.includes(`href="/data/objects/2?${escaped}"`), 'discarding stays there too')
  const saved = await app.ask(`/data/objects/2/-/update?${list}`, { actor: 'root', form: { title: 'Bowl of tin' } })
  assert.deepEqual([saved.status, saved.headers.get('Location')], [303, `/data/objects/2?${list}`])
  const pencil = await app.page(`/data/objects?${list}`, 'root')
  assert.ok(pencil.includes('href="/data/objects/1/-/update?year__gte=1800&amp;_sort_desc=title"'))
  const deleted = await app.ask(`/data/objects/3/-/delete?${list}`, { actor: 'root', form: {} })
  assert.deepEqual([deleted.status, deleted.headers.get('Location')], [303, `/data/objects?${list}`])
})
