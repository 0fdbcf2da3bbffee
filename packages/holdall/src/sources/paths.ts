/** A stored name is at most this long, in UTF-8 bytes: below the 255 of every file system, with room for suffixes. */
export const MAX_STORED_NAME_BYTES = 200
/** An extension longer than this is part of the name, and is cut with it. */
const MAX_EXTENSION_BYTES = 32
const UNNAMED = 'unnamed'

const encoder = new TextEncoder()

/**
 * Where the bytes of a new file go: `{ulid}/{sanitized filename}`, unique even for equal names.
 *
 * @param id the file's id, `df-` and its ULID
 * @param filename as it was sent; it is kept apart, as data
 */
export function storagePath(id: string, filename: string): string {
  return `${id.replace(/^df-/, '')}/${sanitizeFilename(filename)}`
}

/** The filename as one harmless path segment of at most 200 UTF-8 bytes, its extension kept. */
export function sanitizeFilename(filename: string): string {
  const plain = filename.toWellFormed().replace(/[\p{Cc}/\\]/gu, '_')
  if (plain === '' || plain === '.' || plain === '..') return UNNAMED
  if (byteLength(plain) <= MAX_STORED_NAME_BYTES) return plain
  const extension = extensionOf(plain)
  const stem = plain.slice(0, plain.length - extension.length)
  return cut(stem, MAX_STORED_NAME_BYTES - byteLength(extension)) + extension
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 ? name.slice(dot) : ''
  return byteLength(extension) <= MAX_EXTENSION_BYTES ? extension : ''
}

/** The longest beginning of `text` that fits, never splitting a code point. */
function cut(text: string, bytes: number): string {
  const { read } = encoder.encodeInto(text, new Uint8Array(bytes))
  return text.slice(0, read)
}

function byteLength(text: string): number {
  return Buffer.byteLength(text)
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const DATASET_PATH = new RegExp(`^org/${UUID}/datasets/${UUID}/`)

/** Everything of a dataset lies below this, and nothing else does. @param organizationId, datasetId UUIDs in lower case */
export function datasetFolder(organizationId: string, datasetId: string): string {
  return `org/${organizationId}/datasets/${datasetId}/`
}

/** Whether a path is one of a dataset's: what lies there is no file of its source. */
export function isDatasetPath(path: string): boolean {
  return DATASET_PATH.test(path)
}
