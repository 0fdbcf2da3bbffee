import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CHROMIUM } from './support/browser.ts'

const ENDS_WITHIN_MS = 60_000
const skip = CHROMIUM === undefined ? 'HOLDALL_TEST_CHROMIUM names no Chromium' : false

const folder = mkdtempSync(join(tmpdir(), 'holdall-left-behind-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a test file whose server does not start ends all the same, though its browser did', { skip }, async () => {
  const support = (name: string) => JSON.stringify(new URL(`./support/${name}`, import.meta.url).href)
  const path = join(folder, 'file.mjs')
  writeFileSync(
    path,
    `import { after, before, describe, test } from 'node:test'
import { launchBrowser } from ${support('browser.ts')}
import { startHoldall } from ${support('holdall.ts')}
describe('pages', () => {
  let holdall, browser
  before(async () => {
    const launching = launchBrowser()
    await launching
    ;[holdall, browser] = await Promise.all([startHoldall({ args: ['--no-such-option'] }), launching])
  })
  after(async () => {
    await browser?.close()
    await holdall?.stop()
  })
  test('are shown', () => {})
})
`,
  )
  const child = spawn(process.execPath, ['--test-reporter=spec', path], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: ENDS_WITHIN_MS,
    killSignal: 'SIGKILL',
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code, signal] = await once(child, 'close')
  assert.deepEqual([code, signal], [1, null], output)
  assert.match(output, /holdall serve ended with 2 before it listened/)
})
