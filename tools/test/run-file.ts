import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Report } from './reporter.ts'

const REPORTER = fileURLToPath(new URL('./reporter.ts', import.meta.url))
const PRELOADED = [new URL('./untracked.ts', import.meta.url), new URL('./resolved.ts', import.meta.url)]
const PIPE_GRACE_MS = 1000
const running = new Set<ChildProcess>()

export interface FileResult {
  readonly path: string
  readonly seconds: number
  readonly reports: readonly Report[]
  /** What the file printed. */
  readonly output: string
}

export interface FileOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The file and every process it started are killed after this long. */
  readonly limitMs: number
}

/** Runs one test file in a process of its own, and never throws: what goes wrong is a failed report. */
export async function runFile(path: string, { cwd, env, limitMs }: FileOptions): Promise<FileResult> {
  const began = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'holdall-run-'))
  const destination = join(folder, 'reports')
  const preloaded = PRELOADED.map(({ href }) => `--import=${href}`)
  const flags = [...preloaded, `--test-reporter=${REPORTER}`, `--test-reporter-destination=${destination}`]
  // A group of its own, so that servers a test left behind go with it.
  const child = spawn(process.execPath, [...flags, path], {
    cwd,
    env: { ...env, NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const closed = once(child, 'close').catch(() => {})
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  let late = false
  const timer = new AbortController()
  setTimeout(limitMs, undefined, { signal: timer.signal }).then(
    () => {
      late = true
      killGroup(child)
    },
    () => {},
  )
  const end = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (status, signal) => resolve(status === null ? `signal ${signal}` : `status ${status}`))
  })
  timer.abort()
  killGroup(child)
  // What was printed last may still be in the pipe; a process that left the group may hold it open for good.
  await Promise.race([closed, setTimeout(PIPE_GRACE_MS, undefined, { ref: false })])
  running.delete(child)

  const reports = readReports(destination)
  rmSync(folder, { recursive: true, force: true })
  const problem = late ? `still running after ${limitMs / 1000} s: killed${within(reports)}` : wrongEnd(end, reports)
  if (problem) reports.push({ kind: 'failed', name: '(the whole file)', line: 1, error: problem })
  return { path, seconds: (performance.now() - began) / 1000, reports, output }
}

/** Ends every test file that is running, with all it started. */
export function killRunning(): void {
  for (const child of running) killGroup(child)
}

/** The test that began last, where it did not end. */
function within(reports: readonly Report[]): string {
  const last = reports.findLast(({ kind }) => kind !== 'told')
  return last?.kind === 'began' ? ` in “${last.name}”` : ''
}

function wrongEnd(end: string, reports: readonly Report[]): string | undefined {
  if (reports.some(({ kind }) => kind === 'failed')) return undefined
  if (end !== 'status 0') return `ended with ${end}`
  return reports.some(({ kind }) => kind === 'passed' || kind === 'skipped') ? undefined : 'has no test'
}

function readReports(destination: string): Report[] {
  try {
    const lines = readFileSync(destination, 'utf8').split('\n')
    // A killed process may leave half a line.
    return lines.flatMap((line) => {
      try {
        return [JSON.parse(line) as Report]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
