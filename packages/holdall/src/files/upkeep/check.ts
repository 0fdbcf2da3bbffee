import { createHash } from 'node:crypto'
import type { Storage } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import { versionOf } from '../sync/listed.ts'
import type { Row } from './rows.ts'

/** What a file has that is otherwise than recorded. */
export interface Drift {
  readonly kind: DriftKind
  /** For people. */
  readonly detail: string
  /** The recorded hash, where the bytes that are there now have another. */
  readonly disproved?: string
}

export type DriftKind =
  /** In the registry, but not in the storage. */
  | 'missing'
  /** Marked as missing, but there. */
  | 'returned'
  /** Others write there, and have. */
  | 'changed'
  /** Came in through here, and has other bytes than it came with. */
  | 'damaged'

/** How much of a file is compared: its size alone, or every byte of it too. */
export type Thoroughness = 'sizes' | 'bytes'

export interface Checked {
  readonly drift?: Drift
  /** Whether the bytes were read again. */
  readonly hashed: boolean
}

/**
 * Holds one file against what is recorded of it.
 *
 * @param listed a listing has just had it, with the size and version that are recorded
 * @throws what the storage throws
 */
export async function checkFile(row: Row, { storage, signal, thorough, listed }: CheckOptions): Promise<Checked> {
  const stored = listed ? undefined : await storage.stat(row.path, { signal })
  if (stored === undefined && !listed) return { drift: MISSING, hashed: false }
  if (stored !== undefined && row.size !== null && stored.size !== row.size) {
    return { drift: otherBytes(row, `${stored.size} bytes where ${row.size} were recorded`), hashed: false }
  }
  const back = row.missing_since === null ? {} : { drift: RETURNED }
  if (thorough === 'sizes') return { ...back, hashed: false }
  if (row.content_hash === null) {
    const another = stored !== undefined && row.adopted === 1 && row.version !== versionOf(stored)
    return { ...(another ? { drift: otherBytes(row, 'written since it was recorded') } : back), hashed: false }
  }
  const found = await hashOf(storage, row, signal)
  if (found === undefined) return { drift: MISSING, hashed: false }
  if (found !== row.content_hash) {
    const detail = `${found} where ${row.content_hash} was recorded`
    return { drift: otherBytes(row, detail), hashed: true }
  }
  return { ...back, hashed: true }
}

interface CheckOptions {
  readonly storage: Storage
  readonly signal: AbortSignal
  readonly thorough: Thoroughness
  readonly listed: boolean
}

const MISSING: Drift = { kind: 'missing', detail: 'the storage does not have it' }
const RETURNED: Drift = { kind: 'returned', detail: 'it is marked as missing, and there' }

function otherBytes({ adopted, content_hash }: Row, detail: string): Drift {
  const disproved = content_hash === null ? {} : { disproved: content_hash }
  return { kind: adopted === 1 ? 'changed' : 'damaged', detail, ...disproved }
}

async function hashOf(storage: Storage, { path }: Row, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of await storage.read(path, { signal })) hash.update(chunk)
  } catch (error) {
    if (error instanceof HoldallError && error.code === 'file_missing') return undefined
    throw error
  }
  return `sha256:${hash.digest('hex')}`
}
