import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { FileRecord } from '../record.ts'

/** What inspection writes, and so what it takes back when the bytes are others. */
export const OURS = {
  image: null,
  exif: null,
  iptc: null,
  position: null,
  position_removed: null,
  media: null,
  charset: null,
  pdf: null,
}

/** What somebody wants to be there instead. What was read from the bytes stays: it is shown, searched and served by. */
export function replacedMetadata(
  now: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const ours = Object.entries(now).filter(([name]) => Object.hasOwn(OURS, name))
  return { ...Object.fromEntries(ours), ...wanted }
}

/**
 * Sets members of a file's metadata and leaves the others, which people may have written; null removes one. Nothing happens
 * when the file has other bytes by now.
 */
export async function changeMetadata(
  trx: Transaction<Schema>,
  { id, version }: FileRecord,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  await sql`UPDATE datasette_files SET metadata = ${changedMetadata(changes)}
    WHERE id = ${id} AND version IS ${version}`.execute(trx)
}

/** The same as a value, in an update of the file. */
export function changedMetadata(changes: Readonly<Record<string, unknown>>): RawBuilder<string> {
  // A patch would put the members of an object among those of the old one: what was written into another picture.
  const without = Object.fromEntries(Object.keys(changes).map((name) => [name, null]))
  // What another program wrote there may be no JSON.
  return sql<string>`json_patch(json_patch(iif(json_valid(metadata), metadata, '{}'), ${JSON.stringify(without)}),
    ${JSON.stringify(changes)})`
}
