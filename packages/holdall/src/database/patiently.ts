import { setTimeout as sleep } from 'node:timers/promises'
import { HoldallError } from '../web/error.ts'

/** How long a writer waits for another process's transaction before it gives up. */
export const BUSY_LIMIT_MS = 15_000
/** Whoever writes much at once leaves the database alone for so long in between. */
export const ROOM_FOR_OTHERS_MS = 6

const FIRST_PAUSE_MS = 1
/** Shorter than that room: who asks less often finds the next transaction there, again and again. */
const LONGEST_PAUSE_MS = 5
const SQLITE_BUSY = 5

/** Tries again while another process has the database. @throws HoldallError `database_busy` */
export async function patiently(run: () => unknown): Promise<void> {
  const deadline = Date.now() + BUSY_LIMIT_MS
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      await run()
      return
    } catch (error) {
      if (errcodeOf(error) !== SQLITE_BUSY) throw error
      if (Date.now() > deadline) throw new HoldallError('database_busy', {}, { cause: error })
    }
    await sleep(pause / 2 + (Math.random() * pause) / 2)
  }
}

/** SQLite's primary result code: what waits for another process that recovers the log is busy as well. */
export function errcodeOf(error: unknown): number | undefined {
  const { errcode } = (error ?? {}) as { errcode?: number }
  return errcode === undefined ? undefined : errcode & 0xff
}
