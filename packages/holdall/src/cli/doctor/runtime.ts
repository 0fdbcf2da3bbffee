import type { Config } from '../../config/config.ts'
import type { InternalDatabase } from '../../database/internal.ts'
import { laterStorages } from '../../plugins/load.ts'
import type { DeclaredSource } from '../../sources/declared.ts'
import { enteredSources } from '../../sources/rows.ts'
import { madeSource } from '../../sources/runtime.ts'
import type { StorageType } from '../../sources/storage.ts'

/** The active sources that were made at runtime. @param say is told why one cannot be looked at */
export async function runtimeSources(
  db: InternalDatabase,
  config: Config,
  known: ReadonlyMap<string, StorageType>,
  say: (line: string) => void,
): Promise<DeclaredSource[]> {
  const types = new Map(known)
  const more = laterStorages(config, [...types.values()])
  const sources: DeclaredSource[] = []
  for (const row of await enteredSources(db)) {
    if (row.origin !== 'runtime' || row.active !== 1) continue
    const later = types.has(row.storage_type) ? undefined : await more.load(row.storage_type)
    if (later !== undefined) types.set(row.storage_type, later)
    const made = madeSource(row, types)
    if ('reason' in made) say(`The source ${row.slug} cannot be looked at: ${made.reason}.`)
    else sources.push(made)
  }
  return sources
}
