import assert from 'node:assert/strict'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { mock, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { StoredFile } from '../../sources/storage.ts'
import { openTestSync } from './testing.ts'

const PAGE = 100
/** Nothing new: what the trash says before a page is listed, and what is known of its paths. */
const MOST_FOR_A_KNOWN_PAGE = 2
/** Those, a transaction, its three writes (files, their reading, the run), and one for the bits of what was seen. */
const MOST_FOR_A_WRITTEN_PAGE = 12

/** What sources there are is asked every second, whatever else is done. */
const OF_THE_CLOCK = /from "(?:sources_revision|datasette_files_sources)"/

interface Cost {
  readonly listings: number
  readonly statements: number
}

/** What three runs over so many pages cost: the first, one in which nothing has changed, one in which everything has. */
async function costs(pages: number): Promise<readonly Cost[]> {
  let listings = 0
  let written = 1_700_000_000_000
  const room = await openTestSync({
    // No time passes, so that none of the writes is one that is due every second.
    now: () => 1_800_000_000_000,
    wrap: (storage) => ({
      ...storage,
      async list({ cursor = '0' } = {}) {
        listings += 1
        const page = Number(cursor)
        const files = Array.from({ length: PAGE }, (_, n): StoredFile => {
          return { path: `${page}/${n}.jpg`, size: n, lastModified: new Date(written) }
        })
        return { files, next: page + 1 < pages ? `${page + 1}` : null }
      },
    }),
  })
  const all: Cost[] = []
  try {
    for (const what of ['added', 'listed', 'changed'] as const) {
      if (what === 'changed') written += 1
      listings = 0
      const asked: string[] = []
      const counters = [
        listen(StatementSync, 'all', asked),
        listen(StatementSync, 'run', asked),
        listen(DatabaseSync, 'exec', asked),
        // What another thread is asked to carry out.
        listen(Worker, 'postMessage', asked),
      ]
      const run = await room.run()
      all.push({ listings, statements: asked.length })
      for (const counter of counters) counter.restore()
      assert.deepEqual([run.status, run[what]], ['completed', pages * PAGE])
    }
  } finally {
    await room.close()
  }
  return all
}

type Asking = typeof StatementSync | typeof DatabaseSync | typeof Worker

/** Notes what is asked of SQLite by a method, but for what the clock asks. */
function listen(of: Asking, method: string, asked: string[]): { restore(): void } {
  const prototype = of.prototype as unknown as Record<string, (...args: unknown[]) => unknown>
  const original = prototype[method] as (...args: unknown[]) => unknown
  return mock.method(prototype, method, function (this: unknown, ...args: unknown[]) {
    const text = this instanceof StatementSync ? this.sourceSQL : textOf(args[0])
    if (!OF_THE_CLOCK.test(text)) asked.push(text)
    return original.apply(this, args)
  }).mock
}

function textOf(asked: unknown): string {
  return typeof asked === 'string' ? asked : (asked as { sql: string }).sql
}

test('a page takes few statements, however many there are', async (t) => {
  const [four, eight, sixteen] = [await costs(4), await costs(8), await costs(16)]
  for (const [at, most] of [MOST_FOR_A_WRITTEN_PAGE, MOST_FOR_A_KNOWN_PAGE, MOST_FOR_A_WRITTEN_PAGE].entries()) {
    const [a, b, c] = [four[at], eight[at], sixteen[at]] as [Cost, Cost, Cost]
    t.diagnostic(`${a.statements}, ${b.statements} and ${c.statements} statements for 4, 8 and 16 pages`)
    assert.deepEqual([a.listings, b.listings, c.listings], [4, 8, 16])
    // What goes in together depends on what gathers: at worst each page by itself.
    if (at === 1) assert.equal(c.statements - b.statements, 2 * (b.statements - a.statements))
    assert.ok(b.statements - a.statements <= 4 * most, `${(b.statements - a.statements) / 4} for a page`)
    assert.ok(c.statements - a.statements <= 12 * most, `${(c.statements - a.statements) / 12} for a page`)
  }
})
