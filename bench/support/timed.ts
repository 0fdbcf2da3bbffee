import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Timed {
  /** Of the clock. */
  readonly seconds: number
  /** Of processors, user and system, the program with all its children. */
  readonly cpu: number
}

/** Runs a program to its end. @throws Error with what it said, unless it succeeds */
export async function timed(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Timed> {
  const began = performance.now()
  // The shell waits for the program alone, so its children's times are the program's.
  const child = spawn('sh', ['-c', '"$@" >&2 || exit; times', 'sh', ...command], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let times = ''
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    times += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000)
  })
  const [code] = await once(child, 'close')
  const seconds = (performance.now() - began) / 1_000
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${said}`)
  const cpu = [...(times.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest),
    0,
  )
  return { seconds, cpu }
}
