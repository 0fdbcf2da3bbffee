import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until every uploaded file was read in the background: until then that says what it finds, whatever a test wrote.
 *
 * @param data the folder of the internal database
 */
export async function allRead(data: string): Promise<void> {
  const internal = new DatabaseSync(join(data, 'internal.db'), { readOnly: true })
  const open = internal.prepare('SELECT count(*) AS files FROM datasette_files_work')
  while (open.get()?.files !== 0) await sleep(5)
  internal.close()
}
