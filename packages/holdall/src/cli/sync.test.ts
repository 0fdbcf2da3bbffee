import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openInternalDatabase } from '../database/internal.ts'
import { runCommand } from './test-run.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdall-cli-sync-')))
const data = join(folder, 'data')
const scans = join(folder, 'scans')
after(() => rmSync(folder, { recursive: true }))
for (const made of [data, scans]) mkdirSync(made)
for (const name of ['one.txt', 'two.txt']) writeFileSync(join(scans, name), name)
await (await openInternalDatabase(join(data, 'internal.db'))).close()

async function holdall(...argv: string[]) {
  return await runCommand([...argv, '--data', data])
}

/** With the last of the events, each a line of JSON. */
async function syncJson() {
  const { stdout, ...more } = await holdall('sync', 'scans', '--json')
  return { ...more, last: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') }
}

before(() =>
  holdall('sources', 'create', 'scans', '--set', `root=${scans}`, '--set', 'read_only=true', '--sync', 'manual'),
)

test('says what it found, to people and to programs', async () => {
  const counts = { listed: 2, added: 2, changed: 0, missing: 0, returned: 0, left_out: 0 }
  assert.deepEqual((await syncJson()).last, { event: 'done', source: 'scans', ...counts })
  const { code, stdout, stderr } = await holdall('sync', 'scans')
  assert.deepEqual([code, stdout, stderr], [0, 'scans: 2 files; 0 new, 0 changed, 0 missing, 0 returned\n', ''])
})

test('a program reads on stdout why it failed, and people on stderr', async () => {
  rmSync(scans, { recursive: true })
  writeFileSync(scans, 'no folder')
  const { code, last, stderr } = await syncJson()
  assert.equal(code, 1)
  assert.deepEqual([last.event, last.source, last.listed], ['failed', 'scans', 0])
  assert.match(last.reason, /^The storage failed: .*scans/)
  assert.ok(stderr.includes(last.reason), stderr)
})
