import { configComplaints, type DeclaredSource, type StorageTypes } from './declared.ts'
import type { SourceRow } from './rows.ts'
import type { StorageType } from './storage.ts'
import { readWritten, type WrittenSource } from './written.ts'

/** Storages that are loaded when a source first names them. */
export interface MoreStorages {
  /** Their names. */
  readonly offered: readonly string[]
  /** `undefined` when it cannot be loaded. */
  load(type: string): Promise<StorageType | undefined>
}

/** What was said of the source when it was made. */
export function writtenOf({ label, storage_type, config, settings, allow }: SourceRow): WrittenSource {
  return {
    ...(JSON.parse(settings) as WrittenSource),
    ...(label !== null && { label }),
    storage: storage_type,
    config: JSON.parse(config),
    allow: JSON.parse(allow),
  }
}

/** A source that was made at runtime, from its row; or why it cannot be used, as people read it. */
export function madeSource(row: SourceRow, types: StorageTypes): DeclaredSource | { readonly reason: string } {
  const { source, complaints } = readWritten(row.slug, writtenOf(row))
  const type = types.get(row.storage_type)
  if (type === undefined) return { reason: `its storage ${row.storage_type} is not installed here` }
  // A newer version may take less than the one that it was made with.
  const wrong = source === undefined ? complaints : [...complaints, ...configComplaints(source, type)]
  if (source === undefined || wrong.length > 0) return { reason: 'its settings are not valid any more; edit them' }
  return { origin: 'runtime', source, type }
}
