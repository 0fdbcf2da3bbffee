import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const S3 = fileURLToPath(new URL('./s3.ts', import.meta.url))
const PATIENCE_MS = 10_000
const skip =
  process.env.HOLDALL_TEST_CEPH === undefined
    ? 'HOLDALL_TEST_CEPH names no Ceph'
    : process.platform !== 'linux' && 'processes are looked up in /proc'

test('the S3 server does not outlive whoever started it, even killed', { skip }, async (t) => {
  const code = `const { startS3 } = await import(${JSON.stringify(S3)}); console.log((await startS3()).endpoint); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const [endpoint] = (await once(createInterface(child.stdout), 'line')) as [string]
  assert.equal((await fetch(endpoint)).status, 200)
  const daemons = daemonsOf(child.pid as number)
  assert.equal(daemons.length, 3, 'a monitor, a store and a gateway')
  child.kill('SIGKILL')
  await once(child, 'exit')
  for (const deadline = Date.now() + PATIENCE_MS; daemons.some(isRunning) && Date.now() < deadline; ) await sleep(50)
  assert.deepEqual(daemons.filter(isRunning), [])
  await assert.rejects(fetch(endpoint))
})

/** The processes that this one has started. */
function daemonsOf(parent: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = /^\d+$/.test(name) ? Number(name) : 0
    return pid > 0 && new RegExp(`^PPid:\\s+${parent}$`, 'm').test(status(pid)) ? [pid] : []
  })
}

function isRunning(pid: number): boolean {
  return /^State:\s+[^Z]/m.test(status(pid))
}

function status(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}
