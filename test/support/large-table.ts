import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Client, createClient } from './client.ts'
import { startHoldall } from './holdall.ts'

export const ROWS = process.env.HOLDALL_TEST_LONG ? 1_000_000 : 100_000

export interface Large {
  readonly url: string
  readonly client: Client
  remove(): Promise<void>
}

/** A server with a table of many rows, `big/things`. */
export async function serveLargeTable(): Promise<Large> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-million-'))
  const path = join(folder, 'big.db')
  const database = new DatabaseSync(path)
  // Ties, NULLs and an order that is not the key's; the multiplier has no divisor in common with either number of rows.
  database.exec(`PRAGMA journal_mode = off;
    CREATE TABLE things (id INTEGER PRIMARY KEY, place TEXT, score REAL, notes TEXT);
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${ROWS})
      INSERT INTO things
      SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE 'place ' || (i * 7919 % 5003) END,
        CASE WHEN i % 11 = 0 THEN NULL ELSE (i * 104729 % ${ROWS}) / 8.0 END,
        'a bag, a basket, an apparatus, ' || (i * 31 % 9973)
      FROM n;
    CREATE INDEX things_place ON things(place)`)
  database.close()
  const data = join(folder, 'data')
  mkdirSync(data)
  const config = { settings: { sql_time_limit_ms: 30_000 } }
  const holdall = await startHoldall({ data, databases: [path], config })
  return {
    url: holdall.url,
    client: createClient(holdall.url),
    async remove() {
      await holdall.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
