import {
  DEFAULT_LIST_LIMIT,
  HoldallError,
  type ListedPage,
  type ListOptions,
  type Log,
  MAX_LIST_LIMIT,
  type StoredFile,
} from 'holdall/plugin'
import { type Bucket, storedFile } from './bucket.ts'

/**
 * Files by key. A cursor is the last key that was seen, so that a page begins where the one before ended, whatever has
 * changed since. Keys that no path can stand for are left out: nobody could ask for them.
 */
export async function listObjects(
  bucket: Bucket,
  log: Log,
  { prefix = '', cursor, limit = DEFAULT_LIST_LIMIT, signal }: ListOptions = {},
): Promise<ListedPage> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIST_LIMIT) {
    throw new HoldallError('bad_request', { reason: `limit must be 1 to ${MAX_LIST_LIMIT}` })
  }
  if (!prefix.isWellFormed() || prefix.includes('\0')) return { files: [], next: null }
  const after = cursor === undefined ? undefined : fromCursor(cursor)
  const { Contents = [], IsTruncated } = await bucket.send(
    new bucket.sdk.ListObjectsV2Command({
      Bucket: bucket.name,
      Prefix: bucket.keys.prefix + prefix,
      MaxKeys: limit,
      // Not every character of a key can stand in XML.
      EncodingType: 'url',
      ...(after !== undefined && { StartAfter: bucket.keys.prefix + after }),
    }),
    { signal },
  )
  const files: StoredFile[] = []
  const odd: string[] = []
  let last: string | undefined
  for (const { Key, Size = 0, ...told } of Contents) {
    const key = decoded(Key ?? '')
    last = key.slice(bucket.keys.prefix.length)
    const path = bucket.keys.pathOf(key)
    if (path !== undefined) files.push(storedFile(path, Size, told))
    // Consoles keep an empty object in place of a folder.
    else if (!key.endsWith('/')) odd.push(key)
  }
  if (odd.length > 0) log.warn('keys are left out that no address can name', { keys: odd.length, first: odd[0] })
  return { files, next: IsTruncated === true && last !== undefined ? toCursor(last) : null }
}

/** A space is a plus there, and a plus is encoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

export function toCursor(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/** @throws HoldallError `invalid_cursor` */
export function fromCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (text === '' || toCursor(text) !== cursor) throw new HoldallError('invalid_cursor')
  return text
}
