import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Client } from './support/client.ts'
import { type Large, ROWS, serveLargeTable } from './support/large-table.ts'

const PAGE = 1_000

interface Row {
  readonly id: number
  readonly place: string | null
  readonly score: number | null
}

interface TablePage {
  readonly rows: readonly Row[]
  readonly next: string | null
  readonly next_url: string | null
}

let large: Large
let client: Client

before(async () => {
  large = await serveLargeTable()
  client = large.client
})
after(() => large?.remove())

describe(`a table of ${ROWS.toLocaleString('en')} rows`, () => {
  const orders: readonly [query: string, follows: (a: Row, b: Row) => boolean][] = [
    ['', (a, b) => a.id < b.id],
    ['&_sort=place', (a, b) => nullsFirst(a.place, b.place) < 0 || (a.place === b.place && a.id < b.id)],
    ['&_sort_desc=place', (a, b) => nullsFirst(b.place, a.place) < 0 || (a.place === b.place && a.id < b.id)],
    ['&_sort=score', (a, b) => nullsFirst(a.score, b.score) < 0 || (a.score === b.score && a.id < b.id)],
    ['&_sort_desc=score', (a, b) => nullsFirst(b.score, a.score) < 0 || (a.score === b.score && a.id < b.id)],
  ]
  for (const [query, follows] of orders) {
    test(`is paged to its end with every row seen once, in order: ${query || 'by its key'}`, async () => {
      const seen = new Uint8Array(ROWS)
      let path: string | null = `/big/things.json?_size=${PAGE}&_nocol=notes${query}`
      let last: Row | undefined
      let pages = 0
      while (path !== null) {
        const { status, body }: { status: number; body: TablePage } = await client.json<TablePage>(path)
        assert.equal(status, 200, path)
        for (const row of body.rows) {
          seen[row.id] = (seen[row.id] ?? 0) + 1
          if (last !== undefined && !follows(last, row))
            assert.fail(`${JSON.stringify(row)} follows ${JSON.stringify(last)}`)
          last = row
        }
        pages += 1
        path = body.next_url === null ? null : body.next_url.slice(large.url.length)
        assert.equal(body.next === null, body.next_url === null)
        assert.ok(pages <= ROWS / PAGE + 1, 'it ends')
      }
      assert.equal(pages, ROWS / PAGE)
      assert.equal(
        seen.findIndex((times) => times !== 1),
        -1,
        'every row is seen once',
      )
    })
  }

  test('a page of it says how many rows there are, or that they are more than it counts', async () => {
    const page = await (await client.get('/big/things', { Accept: 'text/html' })).text()
    assert.match(page, /rows/)
    const { body } = await client.json<{ count: number | null; count_truncated?: boolean }>(
      '/big/things.json?_size=1&_extra=count,count_truncated',
    )
    assert.ok(
      body.count === ROWS || (body.count_truncated === true && Number(body.count) <= ROWS),
      JSON.stringify(body),
    )
  })
})

function nullsFirst<Value extends string | number>(a: Value | null, b: Value | null): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  return a < b ? -1 : 1
}
