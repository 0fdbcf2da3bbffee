import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'

/** Before the row, before its sync begins, before the first page of it is entered; then nothing is left to be killed. */
const KILLS_AT = process.env.HOLDALL_TEST_LONG === undefined ? [1, 2] : [1, 2, 3, 4, 5]
const SETTLE_LIMIT_MS = 30_000

describe('a server that is killed while a source is made', () => {
  let folder: string
  let data: string
  let token: string
  const hit: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-sources-kill-'))
    data = join(folder, 'data')
    await (await startHoldall({ data })).stop()
    token = await createToken(data, 'root')
  })
  after(() => rmSync(folder, { recursive: true }))

  function make(holdall: RunningHoldall, slug: string): Promise<number> {
    return fetch(`${holdall.url}/-/files/sources`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ slug, storage: 'filesystem', config: { root: join(folder, slug) }, sync: 'start' }),
    }).then(
      ({ status }) => status,
      () => 0,
    )
  }

  async function filesOf(holdall: RunningHoldall, slug: string): Promise<number> {
    const headers = { Authorization: `Bearer ${token}` }
    const answer = await fetch(`${holdall.url}/-/files/browse/${slug}.json`, { headers })
    return answer.ok ? ((await answer.json()) as { total: number }).total : -1
  }

  test('it is there and gets listed, or is not there and can be made', async (t) => {
    for (const at of KILLS_AT) {
      const slug = `source-${at}`
      mkdirSync(join(folder, slug))
      writeFileSync(join(folder, slug, 'a.txt'), 'a')
      const doomed = await startHoldall({ data, env: { HOLDALL_TEST_KILL_AT: String(at) } })
      await make(doomed, slug)
      await Promise.race([doomed.ended, sleep(1_000)])
      hit.push(/killed before \d+: .*/.exec(doomed.output())?.[0] ?? `${at}: not killed`)
      await doomed.kill()

      const holdall = await startHoldall({ data })
      try {
        if ((await filesOf(holdall, slug)) < 0) assert.equal(await make(holdall, slug), 201)
        for (let waited = 0; (await filesOf(holdall, slug)) !== 1; waited += 100) {
          assert.ok(waited < SETTLE_LIMIT_MS, `${slug} was not listed (${hit.at(-1)})`)
          await sleep(100)
        }
        assert.equal(await make(holdall, slug), 409)
      } finally {
        await holdall.stop()
      }
    }
    t.diagnostic(hit.join('; '))
    assert.match(hit.join('\n'), /make source[\s\S]*begin sync/)
  })
})
