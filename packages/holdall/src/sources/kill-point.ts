import { readFileSync, rmSync, writeSync } from 'node:fs'
import type { BeforeIo } from './filesystem/io.ts'

/**
 * A test that wants the process to die sets this to the number of the write, from 1, before which it shall; or to `@` and
 * the path of a file that has the number when SIGUSR2 comes: then writes count from there on, and the file is gone.
 */
export const KILL_VARIABLE = 'HOLDALL_TEST_KILL_AT'

/**
 * Counts the calls that change a disk, the database's included, and ends the process just before one of them: SIGKILL,
 * so that nothing can be put right on the way out. `undefined` unless the environment asks for it.
 */
export function killPoint(env: Readonly<Record<string, string | undefined>>): BeforeIo | undefined {
  const asked = env[KILL_VARIABLE] ?? ''
  let at = Number(asked)
  let count = 0
  if (asked.startsWith('@')) {
    process.on('SIGUSR2', () => {
      const file = asked.slice(1)
      at = Number(readFileSync(file, 'utf8'))
      count = 0
      rmSync(file)
    })
  } else if (!(at > 0)) return undefined
  return (call) => {
    count += 1
    if (count !== at) return
    writeSync(2, `killed before ${count}: ${call}\n`)
    process.kill(process.pid, 'SIGKILL')
    // The signal may be delivered a moment later; no further call may be made until then.
    for (;;);
  }
}
