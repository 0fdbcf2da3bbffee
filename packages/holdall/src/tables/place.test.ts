import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from './pages/test-app.ts'

const COLUMNS = ['cursor', 'limit', 'next', 'size', '_next', '_size', '_before']
const PLAIN = ['cursor', 'limit', 'next', 'size']
let app: TestApp

before(async () => {
  const named = COLUMNS.map((name) => `"${name}" TEXT`).join(', ')
  const values = COLUMNS.map(() => "CASE WHEN i % 2 THEN 'odd' ELSE 'even' END").join(', ')
  app = await openTestApp({
    sql: `CREATE TABLE places (id INTEGER PRIMARY KEY, ${named});
      CREATE TABLE numbers (id INTEGER PRIMARY KEY, name TEXT);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) INSERT INTO places SELECT i, ${values} FROM n;
      INSERT INTO numbers SELECT id, 'n' FROM places;`,
  })
})
after(async () => await app.close())

/** A filter on each column, as an address names it: what begins with `_` needs an operator. */
const FILTERS = COLUMNS.map((name) => [PLAIN.includes(name) ? name : `${name}__exact`, 'odd'] as const)
const ODD = [1, 3, 5, 7, 9]

function assertFilters(href: string): void {
  const parameters = new URL(href, 'http://holdall.test').searchParams
  for (const [name, value] of FILTERS) assert.deepEqual(parameters.getAll(name), [value], `${name} in ${href}`)
}

const linksOf = (page: string) =>
  [...page.matchAll(/href="(\/data\/[^"]*\?[^"]*)"/g)].map(([, href]) => (href as string).replaceAll('&amp;', '&'))

const linkTo = (page: string, name: string) =>
  linksOf(page).find((href) => new URLSearchParams(href.split('?')[1]).has(name))

test('filters on columns that are named as a place in the pages go along to every page of JSON', async () => {
  const seen: number[] = []
  const addresses: string[] = []
  for (
    let path: string | null =
      `/data/places.json?${new URLSearchParams([...FILTERS, ['_size', '2']] as [string, string][])}`;
    path;
  ) {
    addresses.push(path)
    const body = (await (await app.ask(path)).json()) as { next_url: string | null; rows: { id: number }[] }
    seen.push(...body.rows.map(({ id }) => id))
    path = body.next_url?.slice('http://holdall.test'.length) ?? null
    assert.ok(addresses.length <= 3, path ?? '')
  }
  assert.deepEqual([seen, addresses.length], [ODD, 3])
  for (const address of addresses) assertFilters(address)
})

test('and to every page that people see, to its CSV, and along with what its forms send', async () => {
  const seen: string[] = []
  for (
    let path: string | undefined =
      `/data/places?${new URLSearchParams([...FILTERS, ['_size', '2']] as [string, string][])}`;
    path;
  ) {
    const page = await app.page(path)
    seen.push(...[...page.matchAll(/href="\/data\/places\/(\d+)["?]/g)].map(([, id]) => id as string))
    for (const name of PLAIN) {
      assert.match(page, new RegExp(`<input type="hidden" name="${name}" value="odd">`), path)
    }
    const csv = linkTo(page, '_dl') as string
    assertFilters(csv)
    const lines = (await (await app.ask(csv)).text()).trim().split('\r\n')
    assert.deepEqual(
      lines.slice(1).map((line) => Number(line.split(',')[0])),
      ODD,
    )
    path = linkTo(page, '_next')
    if (path !== undefined) assertFilters(path)
  }
  assert.deepEqual([...new Set(seen)].map(Number), ODD)
})

test('where no column has such a name it is the place, which is left behind', async () => {
  const body = (await (await app.ask('/data/numbers.json?limit=2&cursor=2')).json()) as Record<string, unknown>
  assert.equal(body.next_url, 'http://holdall.test/data/numbers.json?limit=2&_next=4')
  const page = await app.page('/data/numbers?limit=2&cursor=2')
  assert.equal(linkTo(page, '_next'), '/data/numbers?limit=2&_next=4')
  const csv = linkTo(page, '_dl') as string
  assert.equal((await (await app.ask(csv)).text()).trim().split('\r\n').length, 11, `${csv} is of all rows`)
})
