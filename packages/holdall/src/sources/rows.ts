import type { Kysely, Selectable } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Schema, SourceTable } from '../database/schema.ts'
import type { DeclaredSource } from './declared.ts'

/** The columns of a row that say what its source is. */
export const SOURCE_COLUMNS = [
  'id',
  'slug',
  'label',
  'storage_type',
  'origin',
  'active',
  'config',
  'settings',
  'allow',
  'created_at',
  'created_by',
  'updated_at',
  'revision',
] as const satisfies (keyof SourceTable)[]

export type SourceRow = Pick<Selectable<SourceTable>, (typeof SOURCE_COLUMNS)[number]>

/**
 * Makes the table say what the configuration says. A source that is no longer in it keeps its row, for the sake of its
 * files, and is marked inactive. The `config` of a declared source stays in the file: a value that came from `$env` or
 * `$file` may be a secret, and here it could not be told from one. What was made at runtime is left alone; the file
 * takes over a source of the same name, whose own `config` stays.
 */
export async function recordSources(
  database: InternalDatabase,
  declared: readonly DeclaredSource[],
): Promise<SourceRow[]> {
  return await database.write(async (trx) => {
    await trx.updateTable('datasette_files_sources').set({ active: 0 }).where('origin', '!=', 'runtime').execute()
    for (const { source, origin } of declared) {
      const facts = { storage_type: source.storage, label: source.label ?? null, origin, active: 1 }
      await trx
        .insertInto('datasette_files_sources')
        .values({ slug: source.slug, ...facts })
        .onConflict((conflict) => conflict.column('slug').doUpdateSet(facts))
        .execute()
    }
    return await rowsOf(trx)
  })
}

/** The sources as they were entered last, for a program beside the server: it leaves them as they are. */
export async function enteredSources(database: InternalDatabase): Promise<SourceRow[]> {
  return await rowsOf(database.read)
}

async function rowsOf(database: Kysely<Schema>): Promise<SourceRow[]> {
  return await database.selectFrom('datasette_files_sources').select(SOURCE_COLUMNS).orderBy('slug').execute()
}
