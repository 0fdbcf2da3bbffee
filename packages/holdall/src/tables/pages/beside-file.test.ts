import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from './test-app.ts'

let app: TestApp
const NAMES = ['jug', 'bowl', 'groat', 'ledger', 'one', 'two', 'three', 'trashed', 'hidden'] as const
type Name = (typeof NAMES)[number]
/** By their names. */
const ids = Object.fromEntries(NAMES.map((name) => [name, ''])) as Record<Name, string>

before(async () => {
  app = await openTestApp({
    sql: `CREATE TABLE objects (id INTEGER PRIMARY KEY, title TEXT, year INTEGER, photo TEXT, papers TEXT);
      CREATE TABLE "odd, name" (code TEXT PRIMARY KEY, photo TEXT) WITHOUT ROWID;`,
    config: {
      databases: {
        data: {
          tables: {
            objects: { columns: { photo: { file_column: true }, papers: { file_column: true, file_multiple: true } } },
            'odd, name': { columns: { photo: { file_column: true } } },
          },
        },
      },
      sources: {
        open: { storage: 'filesystem', config: { root: './open' } },
        closed: { storage: 'filesystem', config: { root: './closed' } },
      },
      permissions: {
        'view-table': { id: ['root', 'ann'] },
        'files-browse': { open: { allow: true }, closed: { allow: { id: 'root' } } },
        'files-edit': { id: 'root' },
        'files-delete': { id: 'root' },
      },
    },
  })
  for (const name of NAMES) {
    const stored = await app.ask(`/-/files/upload/${name === 'hidden' ? 'closed' : 'open'}?filename=${name}.txt`, {
      actor: 'root',
      body: `all of ${name}`,
      headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
    })
    assert.equal(stored.status, 201)
    ids[name] = ((await stored.json()) as { file_id: string }).file_id
  }
  const gone = await app.ask(`/-/files/${ids.trashed}/-/delete`, { actor: 'root', json: {} })
  assert.ok(gone.ok)
  const insert = app.look.prepare('INSERT INTO objects (title, year, photo, papers) VALUES (?, ?, ?, ?)')
  insert.run('Jug', 1862, ids.jug, JSON.stringify([ids.one, ids.two]))
  insert.run('Without', 1863, null, null)
  insert.run('Trashed', 1864, ids.trashed, JSON.stringify([ids.trashed]))
  insert.run('Hidden', 1865, ids.hidden, null)
  insert.run('Bowl', 1870, ids.bowl, JSON.stringify([ids.three]))
  insert.run('Groat', 1682, ids.groat, null)
  insert.run('Ledger', 1870, ids.ledger, null)
  app.look.prepare('INSERT INTO "odd, name" VALUES (?, ?), (?, ?)').run('a/b', ids.jug, '', ids.bowl)
})
after(() => app.close())

function links(page: string): string[] {
  const [, nav = ''] = /<nav class="neighbours"[^>]*>(.*?)<\/nav>/s.exec(page) ?? []
  return [...nav.matchAll(/<a ([^>]*)>/g)].map(([, attributes = '']) => attributes.replaceAll('&amp;', '&'))
}

const hrefIn = (attributes: string | undefined) => /href="([^"]*)"/.exec(attributes ?? '')?.[1]

function besideIn(page: string): { previous?: string; next?: string; back?: string; said?: string } {
  const all = links(page)
  const of = (rel: string) => hrefIn(all.find((one) => one.includes(rel)))
  const [, said] = /<nav class="neighbours"[^>]*>.*<a [^>]*>([^<]*)<\/a><\/nav>/s.exec(page) ?? []
  const [previous, next, back] = [of('rel="prev"'), of('rel="next"'), hrefIn(all.find((one) => !one.includes('rel=')))]
  return { ...(previous && { previous }), ...(next && { next }), ...(back && { back }), ...(said && { said }) }
}

/** Where the cell of a list, or of a row's page, leads for a file. */
async function opened(path: string, name: Name, actor = 'root'): Promise<string> {
  const page = (await app.page(path, actor)).replaceAll('&amp;', '&')
  const href = new RegExp(`href="(/-/files/${ids[name]}\\?[^"]*)"`).exec(page)?.[1]
  assert.ok(href, `${path} leads to ${name}`)
  return href
}

const idIn = (href: string | undefined) =>
  Object.entries(ids).find(([, id]) => href?.startsWith(`/-/files/${id}?`))?.[0]

async function goneThrough(from: string, rel: 'previous' | 'next', actor = 'root'): Promise<string[]> {
  const seen: string[] = []
  for (let href: string | undefined = from; href !== undefined; ) {
    seen.push(idIn(href) ?? href)
    href = besideIn(await app.page(href, actor))[rel]
  }
  return seen
}

test('a file that a cell led to has the way back to the list, and the files of the column down the list', async () => {
  const jug = await opened('/data/objects', 'jug')
  const page = await app.page(jug)
  assert.match(page, /<nav class="neighbours" aria-label="Files of the list">/)
  assert.match(page, /rel="next" title="hidden.txt"/)
  const { back, said } = besideIn(page)
  assert.deepEqual([back, said], ['/data/objects', 'Back to the list'])
  assert.deepEqual(await goneThrough(jug, 'next'), ['jug', 'hidden', 'bowl', 'groat', 'ledger'])
  const ledger = await opened('/data/objects', 'ledger')
  assert.deepEqual(await goneThrough(ledger, 'previous'), ['ledger', 'groat', 'bowl', 'hidden', 'jug'])
  const one = await opened('/data/objects', 'one')
  assert.deepEqual(await goneThrough(one, 'next'), ['one', 'two', 'three'], 'those of the cell, then of the next row')
  const three = await opened('/data/objects', 'three')
  assert.deepEqual(await goneThrough(three, 'previous'), ['three', 'two', 'one'])
})

test('with its filters, its sort and the page that the row is on', async () => {
  const list = 'year__gte=1800&_sort_desc=year'
  const bowl = await opened(`/data/objects?${list}&_size=2`, 'bowl')
  assert.deepEqual(await goneThrough(bowl, 'next'), ['bowl', 'ledger', 'hidden', 'jug'])
  assert.equal(besideIn(await app.page(bowl)).back, `/data/objects?${list}`)
  const jug = (await goneThroughTo(bowl, 'jug')) ?? ''
  const inPagesOfTwo = new URLSearchParams(jug.slice(jug.indexOf('?')))
  inPagesOfTwo.set('list', `${list}&_size=2`)
  const { back = '' } = besideIn(await app.page(`/-/files/${ids.jug}?${inPagesOfTwo}`))
  assert.match(back, /^\/data\/objects\?year__gte=1800&_sort_desc=year&_size=2&_next=/)
  const listed = await app.page(back)
  assert.ok(listed.includes(`/-/files/${ids.jug}?`) && !listed.includes(`/-/files/${ids.bowl}?`), listed)
})

async function goneThroughTo(from: string, name: string): Promise<string | undefined> {
  let href: string | undefined = from
  while (href !== undefined && idIn(href) !== name) href = besideIn(await app.page(href)).next
  return href
}

test('from the page of a row the way leads back to the row, through the files of the row', async () => {
  const one = await opened('/data/objects/1?year__gte=1800', 'one')
  const beside = besideIn(await app.page(one))
  assert.deepEqual([beside.back, beside.said], ['/data/objects/1?year__gte=1800', 'Back to the row'])
  assert.equal(idIn(beside.previous), 'jug', 'of the column before')
  assert.deepEqual(await goneThrough(beside.previous ?? '', 'next'), ['jug', 'one', 'two'])
  const groat = await app.page(await opened('/data/objects/6', 'groat'))
  assert.deepEqual(besideIn(groat), { back: '/data/objects/6', said: 'Back to the row' })
  assert.doesNotMatch(groat, /Previous/, 'it is the only file of its row')
})

test('saving the description stays in the list', async () => {
  const jug = await opened('/data/objects', 'jug')
  const page = await app.page(jug)
  assert.ok(page.includes(`action="${jug.replace('?', '/-/update?').replaceAll('&', '&amp;')}"`))
  const saved = await app.ask(jug.replace('?', '/-/update?'), { actor: 'root', form: { search_text: 'A jug' } })
  assert.deepEqual([saved.status, saved.headers.get('Location')], [303, jug])
})

test('deleting leads back to the rows, where it is said and undone', async () => {
  for (const list of ['/data/objects?year__gt=1800', '/data/objects/7']) {
    const page = await app.page(await opened(list, 'ledger'))
    const [, form = ''] =
      /aria-label="Move this file to trash">(.*?)<\/form>/s.exec(page.replaceAll('&amp;', '&')) ?? []
    assert.match(form, new RegExp(`<input type="hidden" name="return" value="${list.replace('?', '\\?')}">`))
    const deleted = await app.ask(`/-/files/${ids.ledger}/-/delete`, { actor: 'root', form: { return: list } })
    assert.deepEqual([deleted.status, deleted.headers.get('Location')], [303, list])
    const restored = await app.ask(`/-/files/${ids.ledger}/-/restore`, { actor: 'root', json: {} })
    assert.ok(restored.ok)
  }
})

test('who may not see a file is not led there, and who may not see the table sees nothing of it', async () => {
  const jug = await opened('/data/objects', 'jug', 'ann')
  assert.deepEqual(await goneThrough(jug, 'next', 'ann'), ['jug', 'bowl', 'groat', 'ledger'])
  const page = await app.page(jug, 'bert')
  assert.deepEqual(besideIn(page), {})
})

test('keys and names of any kind, rows that are gone, and addresses that say nothing', async () => {
  const jug = await opened('/data/odd~2C+name', 'jug')
  assert.equal(besideIn(await app.page(jug)).back, '/data/odd~2C+name')
  assert.equal(idIn(besideIn(await app.page(jug)).previous), 'bowl', 'of the row whose key is an empty text')
  for (const query of [
    ...['from=table', 'from=table&row=data/objects&column=photo', 'from=table&row=data/objects/1', 'from=row&row=///'],
    ...['from=table&row=no/objects/1&column=photo', 'from=table&row=data/no/1&column=photo'],
    ...['from=table&row=data/objects/99&column=photo', 'from=row&row=data/objects/1,2&column=photo'],
    'from=table&row=data/objects/1/2&column=photo',
  ]) {
    assert.deepEqual(besideIn(await app.page(`/-/files/${ids.jug}?${query}`)), {}, query)
  }
  for (const list of ['nothing__filegone=1', '_where=(', '_sort=nothing', '_next=$x', '_size=x']) {
    const asked = new URLSearchParams({ from: 'table', row: 'data/objects/1', column: 'photo', list })
    const { previous, next } = besideIn(await app.page(`/-/files/${ids.jug}?${asked}`))
    if (!list.startsWith('_next')) assert.deepEqual([previous, next], [undefined, undefined], list)
  }
  const strange = new URLSearchParams({ from: 'table', row: 'data/objects/1', column: 'title' })
  assert.equal(besideIn(await app.page(`/-/files/${ids.jug}?${strange}`)).next, undefined)
})

test('nothing of all this was a failure', () => assert.deepEqual(app.failures, []))
