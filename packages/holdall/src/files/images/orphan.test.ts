import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

/** Starts a child on a job that never gets all of its bytes, says its process id, and waits. */
const PARENT = `
import { createImagePool } from ${JSON.stringify(new URL('./pool.ts', import.meta.url).href)}
import { readdirSync, readFileSync } from 'node:fs'
const pool = createImagePool({ processes: 1, timeoutMs: 60_000 })
async function* endless() { yield Buffer.alloc(10); await new Promise(() => {}) }
pool.run({ kind: 'thumbnail', width: 1, height: 1, format: 'raster', maxPixels: 1 }, async () => ({ bytes: 99, stream: endless() }))
const looking = setInterval(() => {
  const own = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim()
  if (own === '') return
  clearInterval(looking)
  console.log(own)
}, 20)
setInterval(() => {}, 1000)
`

test('the children of a server that is killed end with it', { skip: !existsSync('/proc/self/task') }, async () => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', PARENT], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const child = Number(line.toString().trim())
  assert.ok(child > 0)
  assert.equal(isAlive(child), true)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  for (let waited = 0; isAlive(child) && waited < 3_000; waited += 20) await sleep(20)
  assert.equal(isAlive(child), false)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
