import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { recapitulate, runFiles, totals } from './run-files.ts'

const cwd = mkdtempSync(join(tmpdir(), 'holdall-runner-'))
after(() => rmSync(cwd, { recursive: true }))

async function run(files: Readonly<Record<string, string>>, limitMs = 30_000) {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(cwd, name), `import { test, suite } from 'node:test'\n${text}\n`)
  }
  let printed = ''
  const queue = Object.keys(files)
  const results = await runFiles([[queue], [queue]], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', HOLDALL_TEST_LONG: '1' },
    limitMs,
    write(text) {
      printed += text
    },
  })
  return { printed, results, totals: totals(results) }
}

test('tests are counted, suites are not', async () => {
  const { printed, totals } = await run({
    'a.test.ts': `suite('s', () => { test('one', (t) => { t.diagnostic('7 boundaries hit') }); test('two', () => {}) })`,
    'b.test.ts': `test('long', () => { if (!process.env.HOLDALL_TEST_LONG) throw new Error() })`,
  })
  assert.deepEqual(totals, { passed: 3, failed: 0, skipped: 0 })
  assert.match(printed, /✓ a\.test\.ts \(2 passed, \d\.\d s\)\n {2}7 boundaries hit\n(?! )/)
})

test('a lane takes from its next queue when the first one is empty, and no file runs twice', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.test.ts`)
  for (const name of names) writeFileSync(join(cwd, name), `import { test } from 'node:test'\ntest('one', () => {})`)
  const [first, second] = [names.slice(0, 1), names.slice(1)]
  const options = { cwd, env: { ...process.env, NO_COLOR: '1' }, limitMs: 30_000, write() {} }
  const results = await runFiles([[second], [first, second]], options)
  assert.deepEqual(results.map(({ path }) => path).sort(), names)
  assert.deepEqual([first, second], [[], []])
})

test('a failure is told with its suite, its place, its error and what the file printed', async () => {
  const { printed, results, totals } = await run({
    'a.test.ts': `console.log('look here')\nsuite('s', () => { test('bad', () => { throw new Error('broken pipe') }) })`,
  })
  assert.deepEqual(totals, { passed: 0, failed: 1, skipped: 0 })
  assert.match(printed, /✗ a\.test\.ts \(1 failed/)
  assert.match(printed, /✗ s › bad {2}a\.test\.ts:3\n\s+Error: broken pipe/)
  assert.match(printed, /It printed:\n\s+look here/)
  assert.match(recapitulate(results), /Failed:\n {2}a\.test\.ts:3 {2}s › bad\n {4}Error: broken pipe\n/)
})

for (const [what, text] of [
  ['a promise', `Promise.reject(new Error('spilled'))`],
  ['a timer', `setTimeout(() => { throw new Error('spilled') }, 1)`],
] as const) {
  test(`an error of ${what} that no test awaits is a failure, told with where it is from`, async () => {
    const { printed, totals } = await run({
      'a.test.ts': `function pour() { ${text} }
test('a', async () => { await null; pour(); await new Promise((resolve) => setTimeout(resolve, 50)) })`,
    })
    assert.equal(totals.failed, 1)
    assert.match(printed, /Error: spilled\n[\s\S]*a\.test\.ts:2/)
  })
}

test('promises are not followed', async () => {
  const { totals } = await run({
    'a.test.ts': `import { executionAsyncId } from 'node:async_hooks'
test('a', async () => {
  const ids = new Set()
  for (let at = 0; at < 3; at++) { await null; ids.add(executionAsyncId()) }
  if (ids.size > 1) throw new Error([...ids].join())
})`,
  })
  assert.deepEqual(totals, { passed: 1, failed: 0, skipped: 0 })
})

test('a skipped test is told with its reason', async () => {
  const { results, totals } = await run({
    'a.test.ts': `test('far', { skip: 'no browser' }, () => {})\ntest('b', () => {})`,
  })
  assert.deepEqual(totals, { passed: 1, failed: 0, skipped: 1 })
  assert.match(recapitulate(results), /SKIPPED:\n {2}a\.test\.ts {2}far: no browser\n/)
})

for (const [what, text, expected] of [
  ['cannot be loaded', `throw new Error('no such thing')`, /ended with status 1[\s\S]*no such thing/],
  ['has no test', 'export {}', /has no test/],
  ['ends itself', `test('a', () => {})\nsetTimeout(() => process.exit(3), 200)`, /ended with status 3/],
] as const) {
  test(`a file that ${what} is a failure`, async () => {
    const { printed, totals } = await run({ 'a.test.ts': text })
    assert.equal(totals.failed, 1)
    assert.match(printed, expected)
  })
}

test('a file past its limit is killed, with the processes that it started', async () => {
  const pidFile = join(cwd, 'pid')
  const { printed, totals } = await run(
    {
      'a.test.ts': `import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
test('hangs', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
  writeFileSync(${JSON.stringify(pidFile)}, String(child.pid))
  await new Promise(() => {})
})`,
    },
    2000,
  )
  assert.equal(totals.failed, 1)
  assert.match(printed, /still running after 2 s: killed in “hangs”/)
  const pid = Number(readFileSync(pidFile, 'utf8'))
  for (let tries = 0; tries < 50 && isRunning(pid); tries++) await setTimeout(100)
  assert.equal(isRunning(pid), false)
})

function isRunning(pid: number): boolean {
  try {
    // An ended process stays in the table until its parent, now init, has taken notice.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
