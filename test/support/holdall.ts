import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../packages/holdall/bin/holdall.js', import.meta.url))
const START_LIMIT_MS = 30_000
const RUN_LIMIT_MS = 60_000
/** Of a statement, where no test is about it: one second, as servers have it, a busy machine may stand still. */
const SQL_LIMIT_MS = 20_000

export interface ServeOptions {
  /** The data directory; a new temporary one, removed by `stop`, unless given. */
  readonly data?: string
  readonly databases?: readonly string[]
  /** The configuration file's content, or its path when it is text. */
  readonly config?: object | string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A real server process, as a user would start it. */
export interface RunningHoldall {
  readonly url: string
  readonly data: string
  readonly process: ChildProcess
  /** The one-time sign-in link that `--root` printed. */
  readonly signInLink: string
  /** Everything that the process has printed so far. */
  output(): string
  /** SIGTERM, then waits for the end; resolves with the exit status. */
  stop(): Promise<number | null>
  /** SIGKILL, then waits for the end. The data directory stays. */
  kill(): Promise<void>
  ended: Promise<number | null>
}

/** Starts `holdall serve` on a free port and waits until it says where it listens. */
export async function startHoldall(options: ServeOptions = {}): Promise<RunningHoldall> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'holdall-test-'))
  const args = ['serve', ...(options.databases ?? []), '--data', data, '--port', '0', '--root', ...(options.args ?? [])]
  if (options.config !== undefined) args.push('-c', configurationFile(data, options.config))
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  let url = ''
  let signInLink = ''
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const ready = new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      printed += `${line}\n`
      url ||= /serves at (http\S+)/.exec(line)?.[1] ?? ''
      signInLink ||= /(http\S+sign-in\?token=\S+)/.exec(line)?.[1] ?? ''
      if (url && signInLink) resolve()
    })
  })
  createInterface(child.stderr).on('line', (line) => {
    printed += `${line}\n`
  })
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error(`holdall serve did not start:\n${printed}`)), START_LIMIT_MS).unref(),
  )
  const died = ended.then((code) => {
    throw new Error(`holdall serve ended with ${code} before it listened:\n${printed}`)
  })
  try {
    await Promise.race([ready, late, died])
  } catch (error) {
    // Else it keeps whoever wanted it from ending.
    child.kill('SIGKILL')
    throw error
  }
  died.catch(() => undefined)
  return {
    url: url.replace(/\/$/, ''),
    data,
    process: child,
    signInLink,
    ended,
    output: () => printed,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const code = await ended
      if (options.data === undefined) rmSync(data, { recursive: true, force: true })
      return code
    },
    async kill() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}

/** Runs `holdall …` to its end; what does not end in a minute is killed, which leaves `code` null. */
export async function runHoldall(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code: code as number | null, stdout, stderr }
}

/** A token of the actor, as `holdall token create` prints it. */
export async function createToken(data: string, actor: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHoldall(['token', 'create', actor, '--data', data, ...args])
  if (code !== 0) throw new Error(`holdall token create ended with ${code}: ${stderr}`)
  return stdout.trim()
}

function configurationFile(data: string, config: object | string): string {
  if (typeof config === 'string') return config
  const path = join(data, 'test-configuration.json')
  const { settings, ...rest } = config as { readonly settings?: object }
  writeFileSync(path, JSON.stringify({ ...rest, settings: { sql_time_limit_ms: SQL_LIMIT_MS, ...settings } }))
  return path
}
