import { bareType } from '../../sources/accept.ts'
import { isDatasetPath } from '../../sources/paths.ts'
import type { StoredFile } from '../../sources/storage.ts'
import { typeByEnding } from '../inspection/hints.ts'

/** A stored file as the registry would enter it, before anybody has read it. */
export interface Listed {
  readonly path: string
  /** The last part of the path. */
  readonly filename: string
  /** Bytes. */
  readonly size: number
  readonly version: string
  readonly modifiedAt: string | null
  /** By the ending of its name, else as the storage says; null until somebody has read it. */
  readonly contentType: string | null
  readonly contentHash: string | null
}

/** What tells two states of a stored file apart: its ETag, else its size and the time of its last change. */
export function versionOf({ etag, size, lastModified }: Pick<StoredFile, 'etag' | 'size' | 'lastModified'>): string {
  if (etag !== undefined) return `etag ${etag}`
  return lastModified === undefined ? `${size}` : `${size} ${lastModified.toISOString()}`
}

/**
 * Whether it is a file to people: not a marker that some services keep in place of a folder, nor a broken name, nor the
 * object of a dataset.
 */
export function isNamed({ path }: Pick<StoredFile, 'path'>): boolean {
  return path !== '' && !path.endsWith('/') && !path.includes('\0') && path.isWellFormed() && !isDatasetPath(path)
}

/** `undefined` for what has no name. */
export function toListed(stored: StoredFile): Listed | undefined {
  if (!isNamed(stored)) return undefined
  const { path, size, lastModified, contentHash } = stored
  const filename = path.slice(path.lastIndexOf('/') + 1)
  return {
    path,
    filename,
    size,
    version: versionOf(stored),
    modifiedAt: lastModified?.toISOString() ?? null,
    contentType: typeByEnding(filename) ?? typeOf(stored.contentType),
    contentHash: contentHash ?? null,
  }
}

const TYPE = /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/
/** What storages say of everything that they were told nothing about. */
const UNTOLD: ReadonlySet<string> = new Set(['application/octet-stream', 'binary/octet-stream'])

function typeOf(told: string | undefined): string | null {
  const type = bareType(told ?? '')
  return TYPE.test(type) && !UNTOLD.has(type) ? type : null
}

/** Whether there may be words in a file of this type; nobody has to look for any in a photograph. */
export function mayHoldText(contentType: string | null): boolean {
  return contentType === null || !/^(?:image|audio|video|font)\//.test(contentType)
}
