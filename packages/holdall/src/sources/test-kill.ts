import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { KILL_VARIABLE } from './kill-point.ts'

/** What became of a process that was to die. */
export interface Killed {
  /** All that it wrote to either output. */
  readonly printed: string
  /** The write before which it died; undefined where it lived to its end. */
  readonly boundary: string | undefined
  /** It has said that it did all of it. */
  readonly done: boolean
}

/** Runs a script until it ends, or dies before its write number `at`, from 1. */
export async function runKilled(script: string, args: readonly string[], at: number): Promise<Killed> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, [KILL_VARIABLE]: String(at) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  await once(child, 'close')
  return { printed, boundary: /killed before \d+: (.*)/.exec(printed)?.[1], done: printed.includes('done\n') }
}
