import { sql, type Transaction } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { FileRecord } from '../record.ts'

/**
 * Sets members of a file's metadata and leaves the others, which people may have written; null removes one. Nothing happens
 * when the file has other bytes by now.
 */
export async function changeMetadata(
  trx: Transaction<Schema>,
  { id, version }: FileRecord,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  // What another program wrote there may be no JSON.
  await sql`UPDATE datasette_files
    SET metadata = json_patch(iif(json_valid(metadata), metadata, '{}'), ${JSON.stringify(changes)})
    WHERE id = ${id} AND version IS ${version}`.execute(trx)
}
