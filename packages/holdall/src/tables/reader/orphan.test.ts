import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

const folder = mkdtempSync(join(tmpdir(), 'holdall-orphan-'))
after(() => rmSync(folder, { recursive: true }))

/** Starts a statement that never ends, and says which processes work for it once one is in its middle: it starts in less time. */
const PARENT = `
import { readFileSync } from 'node:fs'
import { createReaderPool } from ${JSON.stringify(new URL('./pool.ts', import.meta.url).href)}
const pool = createReaderPool({ timeLimit: 600_000 })
const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
pool.read({ path: process.argv[1], immutable: false, schemaVersion: null, statements: [{ sql, parameters: [] }] })
function workedMs(pid) {
  const stat = readFileSync('/proc/' + pid + '/stat', 'latin1')
  return 10 * Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11])
}
const looking = setInterval(() => {
  const children = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim()
  if (!children.split(' ').some((pid) => pid !== '' && workedMs(pid) > 700)) return
  clearInterval(looking)
  console.log(children)
}, 50)
setInterval(() => {}, 1000)
`

test('a reader in the middle of an endless statement ends with a server that is killed', {
  skip: !existsSync('/proc/self/task'),
}, async () => {
  const path = join(folder, 'endless.db')
  new DatabaseSync(path).exec('CREATE TABLE t (a)')
  const parent = spawn(process.execPath, ['--input-type=module', '-e', PARENT, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const children = line.toString().trim().split(' ').map(Number)
  assert.ok(children.length > 0 && children.every(isAlive))
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  for (let waited = 0; children.some(isAlive) && waited < 10_000; waited += 50) await sleep(50)
  const left = children.filter(isAlive)
  for (const pid of left) process.kill(pid, 'SIGKILL')
  assert.deepEqual(left, [])
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
