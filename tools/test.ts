import { globSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildCheckout } from './build.ts'
import { runSteps } from './check/run-steps.ts'
import { checkSteps } from './check/steps.ts'
import { ceph } from './services/ceph.ts'
import { chromium, chromiumShell } from './services/chromium.ts'
import { datasette } from './services/datasette.ts'
import { startS3 } from './services/s3.ts'
import { prepareServices } from './services/service.ts'
import { killRunning } from './test/run-file.ts'
import { type Queue, recapitulate, runFiles, totals } from './test/run-files.ts'

const ROOT = dirname(import.meta.dirname)
const TEST_FILES = ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts']
/**
 * Beside those of the S3 server, whatever the machine: what is fast enough here is fast enough in CI. Test files wait for
 * most of their time, so that two cores have work for more lanes than two.
 */
const FILES_AT_ONCE = 3
/** They are a quarter of the whole: one after the other they would end last. */
const S3_FILES_AT_ONCE = 2
/** The first line of a test file whose times would be another file's work as much as ours. */
const RUNS_ALONE = '// Runs alone: '
/** How a test file asks for the S3 server: by importing what knows its address. */
const NEEDS_S3 = /^import .*\/ceph\.ts'$/m
/** Where `holdall` itself keeps what Node compiles. */
const COMPILED = join(tmpdir(), 'node-compile-cache')
const MINUTE_MS = 60_000
const FILE_LIMIT_MS = 5 * MINUTE_MS
const LONG_FILE_LIMIT_MS = 60 * MINUTE_MS
const USAGE = `npm test [-- [--long] [--no-install] [PART OF A PATH …]]

  --long         the full numbers: more kills, more mutations, more rows
  --no-install   leave the system's packages alone
  PART           run only the test files whose path contains it, without the checks
`

const { values, positionals } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    'no-install': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    killRunning()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  })
}
process.exitCode = await main()

async function main(): Promise<number> {
  if (values.help) {
    write(USAGE)
    return 0
  }
  const began = performance.now()
  const strict = process.env.CI === 'true'
  // Beside what is installed and started, and the first test files: these mostly wait.
  const checking = runSteps(positionals.length > 0 ? [] : checkSteps(ROOT), write)
  const browsers = values.long ? [chromium] : [chromium, chromiumShell]
  const services = await prepareServices([...browsers, datasette, ceph], { system: !values['no-install'], say })
  const files = testFiles()
  if (files.length === 0) {
    say(`No test file has ${positionals.join(' or ')} in its path.`)
    return 2
  }
  // The processes of the tests are begun by the hundred: from a build they cost half. Who changes something and looks at one
  // file is not made to wait for it.
  if (positionals.length === 0 || values.long) await buildCheckout()
  const starting = s3For(files, services.missing)

  say(
    `Running ${files.length} test files, ${FILES_AT_ONCE} at a time and ${S3_FILES_AT_ONCE} of the S3 server${values.long ? ', in their long form' : ''} …`,
  )
  const options = {
    cwd: ROOT,
    // Hundreds of processes load the same modules: the first of them compiles what all the others run.
    env: {
      NODE_COMPILE_CACHE: COMPILED,
      ...process.env,
      ...services.env,
      ...(values.long ? { HOLDALL_TEST_LONG: '1' } : {}),
    },
    limitMs: values.long ? LONG_FILE_LIMIT_MS : FILE_LIMIT_MS,
    write,
  }
  const alone = files.filter(runsAlone)
  const together = files.filter((file) => !alone.includes(file))
  // Once none of the S3 server are left, their lanes help the others.
  const waiting = together.filter(needsS3)
  const working = together.filter((file) => !waiting.includes(file))
  const withoutS3 = runFiles(lanes(FILES_AT_ONCE, working), options)
  const s3 = await starting
  const optionsWithS3 = { ...options, env: { ...options.env, ...s3.env } }
  const withS3 = runFiles(lanes(S3_FILES_AT_ONCE, waiting, working), optionsWithS3)
  const results = [...(await withoutS3), ...(await withS3)]
  const checked = await checking
  results.push(...(await runFiles([[alone]], optionsWithS3)))
  await s3.close()
  const { passed, failed, skipped } = totals(results)
  const lacking = strict ? services.missing.length : 0
  write(recapitulate(results))
  for (const name of services.missing)
    say(`${strict ? 'FAILED' : 'SKIPPED'}: the tests that need ${name}, which is missing.`)
  if (strict && skipped > 0) say('CI=true: a skipped test is a failure.')

  const allPassed = passed + checked.passed
  const allFailed = failed + checked.failed + lacking
  say(`\n${((performance.now() - began) / 1000).toFixed(0)} s`)
  say(`${allPassed} passed, ${allFailed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return allFailed > 0 || (strict && skipped > 0) ? 1 : 0
}

function lanes(count: number, ...queues: Queue[]): Queue[][] {
  return Array.from({ length: count }, () => queues)
}

/** One S3 server for all files of this run that want it; each makes buckets of its own. What is missing is added to. */
async function s3For(files: readonly string[], missing: string[]) {
  const none = { env: {}, close: async () => {} }
  if (!files.some(needsS3) || missing.includes(ceph.name) || process.env.HOLDALL_TEST_S3) return none
  say('Starting an S3 server (Ceph, in memory) …')
  try {
    const server = await startS3()
    return { env: { HOLDALL_TEST_S3: server.endpoint }, close: server.close }
  } catch (error) {
    say(`! ${ceph.name} did not start. The tests that need it are SKIPPED. ${(error as Error).message}`)
    missing.push(ceph.name)
    return none
  }
}

function testFiles(): string[] {
  return globSync(TEST_FILES, { cwd: ROOT, exclude: (path) => path === 'node_modules' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => positionals.length === 0 || positionals.some((part) => path.includes(part)))
    .sort()
    .sort((one, other) => Number(isOfProduct(other)) - Number(isOfProduct(one)))
}

/** The tests of the whole product take longest, so that they come first: in the end, all lanes have something to do. */
function isOfProduct(path: string): boolean {
  return path.startsWith('test/')
}

function needsS3(file: string): boolean {
  return NEEDS_S3.test(readFileSync(join(ROOT, file), 'utf8'))
}

function runsAlone(file: string): boolean {
  return readFileSync(join(ROOT, file), 'utf8').startsWith(RUNS_ALONE)
}

function say(text: string): void {
  write(`${text}\n`)
}

function write(text: string): void {
  process.stdout.write(text)
}
