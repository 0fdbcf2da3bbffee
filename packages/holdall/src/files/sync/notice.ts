import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { StoredFile } from '../../sources/storage.ts'
import type { FileRecord } from '../record.ts'
import { toListed } from './listed.ts'
import { markMissing, markReturned, recordChanges } from './registered.ts'

/**
 * Enters what somebody who wanted to read a file has found at its path: nothing, other bytes, or the file again.
 *
 * @param disproved the recorded hash, when the bytes were read and have another; then they are others, whatever the version
 */
export async function notice(
  { database, before, now }: { database: InternalDatabase; before: BeforeIo; now: () => number },
  file: Pick<FileRecord, 'id' | 'adopted'>,
  stored: StoredFile | undefined,
  disproved?: string,
): Promise<void> {
  const at = new Date(now())
  const to = stored && toListed(stored)
  before('database: notice a change')
  await database.write(async (trx) => {
    const row = await trx.selectFrom('datasette_files').select('seq').where('id', '=', file.id).executeTakeFirst()
    if (row === undefined) return
    if (to === undefined) {
      await markMissing(trx, [row.seq], at)
      return
    }
    if (file.adopted) await recordChanges(trx, [{ id: file.id, to, ...(disproved && { disproved }) }], at)
    await markReturned(trx, [row.seq])
  })
}
