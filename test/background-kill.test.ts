import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pdfOf } from 'holdall/testing'
import { createToken, startHoldall } from './support/holdall.ts'

const DOCUMENTS = 12
const KILLS = 3
const LIMIT_MS = 60_000

test('words are found after a server was killed while it read them', async () => {
  const data = mkdtempSync(join(tmpdir(), 'holdall-words-'))
  let server = await startHoldall({ data })
  try {
    const headers = { Authorization: `Bearer ${await createToken(data, 'root')}` }
    for (let n = 0; n < DOCUMENTS; n += 1) {
      const body = new Uint8Array(pdfOf(Array.from({ length: 30 }, (_, page) => `${wordOf(n)} sheet${page}`)))
      const stored = await fetch(`${server.url}/-/files/upload/files?filename=${n}.pdf`, {
        method: 'POST',
        body,
        headers,
      })
      assert.equal(stored.status, 201)
    }
    for (let kill = 0; kill < KILLS; kill += 1) {
      await sleep(150 * kill)
      await server.kill()
      server = await startHoldall({ data })
    }
    const found = async (n: number) => {
      const answer = await fetch(`${server.url}/-/files/search.json?q=${wordOf(n)}`, { headers })
      return ((await answer.json()) as { files: unknown[] }).files.length
    }
    for (let n = 0; n < DOCUMENTS; n += 1) {
      for (let waited = 0; (await found(n)) !== 1; waited += 250) {
        assert.ok(waited < LIMIT_MS, `the words of document ${n} are not found`)
        await sleep(250)
      }
    }
  } finally {
    await server.stop()
    rmSync(data, { recursive: true, force: true })
  }
})

/** No word is the beginning of another, which search would find as well. */
function wordOf(n: number): string {
  return `ledger${String.fromCharCode(97 + n)}`
}
