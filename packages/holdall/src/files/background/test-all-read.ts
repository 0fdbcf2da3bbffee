import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

const LIMIT_MS = 30_000

/**
 * Waits until every uploaded file was read in the background: until then that says what it finds, whatever a test wrote.
 *
 * @param data the folder of the internal database
 */
export async function allRead(data: string): Promise<void> {
  const internal = new DatabaseSync(join(data, 'internal.db'), { readOnly: true })
  const open = internal.prepare('SELECT count(*) AS files FROM datasette_files_work')
  const began = performance.now()
  // At the end of a turn no transaction is open, for which a connection of this thread could not wait.
  do {
    await sleep(5)
    if (performance.now() - began > LIMIT_MS) throw new Error('There is still work in the background')
  } while (open.get()?.files !== 0)
  internal.close()
}
