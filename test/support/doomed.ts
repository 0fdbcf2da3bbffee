import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RunningHoldall, type ServeOptions, startHoldall } from './holdall.ts'

const ARMED_LIMIT_MS = 10_000
const NEVER = Number.MAX_SAFE_INTEGER

/**
 * One server after the other on the same data, each of which stands until it is killed: the one that is looked at after
 * a kill is the one that dies next.
 */
export interface Doomed {
  /** The one that stands; begun when there is none. */
  server(): Promise<RunningHoldall>
  /** Lets it die just before the write with this number, counted from now. */
  arm(at: number): Promise<void>
  /** Lets it live after all. @returns whether it does; it may have died by then */
  spare(): Promise<boolean>
  /** Kills it if it has not died. @returns before which write it died by itself */
  killed(): Promise<string | undefined>
  /** Kills it, and there is none any more. */
  end(): Promise<void>
}

export function createDoomed(options: ServeOptions): Doomed {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-doomed-'))
  const number = join(folder, 'number of the write')
  let standing: Promise<RunningHoldall> | undefined

  function server(): Promise<RunningHoldall> {
    standing ??= startHoldall({ ...options, env: { ...options.env, HOLDALL_TEST_KILL_AT: `@${number}` } }).catch(
      (error: unknown) => {
        standing = undefined
        throw error
      },
    )
    return standing
  }

  async function killed(): Promise<string | undefined> {
    const dying = await standing
    standing = undefined
    await dying?.kill()
    return boundaryIn(dying?.output() ?? '')
  }

  /** @returns whether it lives */
  async function tell(at: number): Promise<boolean> {
    const { process, output } = await server()
    writeFileSync(number, String(at))
    process.kill('SIGUSR2')
    for (const deadline = Date.now() + ARMED_LIMIT_MS; existsSync(number); await sleep(1)) {
      if (process.exitCode !== null || process.signalCode !== null) return false
      if (Date.now() > deadline) throw new Error(`the server never looked at the number\n${output()}`)
    }
    return true
  }

  return {
    server,
    killed,
    async arm(at) {
      await tell(at)
    },
    spare: () => tell(NEVER),
    async end() {
      await killed()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Before which write a process of ours says that it died. */
export function boundaryIn(output: string): string | undefined {
  return /killed before \d+: (.*)/.exec(output)?.[1]
}
