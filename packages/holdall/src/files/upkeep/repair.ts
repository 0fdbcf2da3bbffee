import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { Storage } from '../../sources/storage.ts'
import { notice } from '../sync/notice.ts'
import type { Drift } from './check.ts'
import type { Row } from './rows.ts'

interface RepairOptions {
  readonly database: InternalDatabase
  readonly storage: Storage
  readonly signal: AbortSignal
  readonly before?: BeforeIo | undefined
  readonly now?: () => number
}

/** What sync enters by itself. Bytes that came in through here are what they were or damaged: nobody may say otherwise. */
const MENDABLE: ReadonlySet<string> = new Set(['missing', 'returned', 'changed'])

/**
 * Enters what has become of a file, as sync would, after a second look at it. A file in the trash is left as it is.
 *
 * @returns whether nothing is left to do about it
 */
export async function repair(
  { database, storage, signal, before = () => {}, now = Date.now }: RepairOptions,
  { seq, id, path, adopted }: Row,
  { kind, disproved }: Drift,
): Promise<boolean> {
  if (seq === 0 || !MENDABLE.has(kind)) return false
  const stored = await storage.stat(path, { signal })
  if ((stored === undefined) !== (kind === 'missing')) return false
  await notice({ database, before, now }, { id, adopted: adopted === 1 }, stored, disproved)
  // Bytes that came in through here and are gone stay a loss, marked or not.
  return kind !== 'missing' || adopted === 1
}
