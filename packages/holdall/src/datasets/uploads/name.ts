import { extname } from 'node:path'
import type { InternalDatabase } from '../../database/internal.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { stemOf } from '../identity.ts'
import { listDatasets } from '../records.ts'
import { madeOf } from './made.ts'

/**
 * What a new dataset is called: like its file, and like the sheet as well where that was chosen, or where another dataset
 * of its collection is called like the file.
 *
 * @param collection its `seq`
 */
export async function nameOf(
  database: InternalDatabase,
  { filename, made }: Pick<UploadSession, 'filename' | 'made'>,
  collection: number,
): Promise<string> {
  const { convert, conversion, sheets = [] } = madeOf({ made })
  const sheet = conversion?.sheet?.replace(/[\p{Cc}/\\\s]+/gu, ' ').trim()
  if (!sheet || sheets.length < 2) return filename
  const stem = stemOf(filename)
  const isChosen = convert?.sheet !== undefined
  const isTaken = async () =>
    (await listDatasets(database, { collection, limit: 1, names: [stem] })).datasets.length > 0
  return isChosen || (await isTaken()) ? `${stem} ${sheet}${extname(filename)}` : filename
}
