import type { CommandIo } from './arguments.ts'
import { main } from './main.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command within the process of a test. */
export async function runCommand(argv: readonly string[], io: Pick<CommandIo, 'stdin'> = {}): Promise<Ran> {
  let [stdout, stderr] = ['', '']
  const code = await main([...argv], {
    ...io,
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    signal: new AbortController().signal,
  })
  return { code, stdout, stderr }
}
