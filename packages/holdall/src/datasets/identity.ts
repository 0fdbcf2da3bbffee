import { createHash } from 'node:crypto'

/** Of the UUIDs that are made from the ids of upload sessions. It never changes. */
const NAMESPACE = '6f1f6d0c-52a4-4c8e-9b0e-2f8a3c7d9e51'
const MAX_STEM_LENGTH = 60

/** The dataset that an upload session becomes: the same one whoever finishes it, and however often (RFC 9562, UUIDv5). */
export function datasetIdOf(uploadId: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(uploadId)
    .digest()
  const bytes = hash.subarray(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** The names that a dataset's table may have, the first that is free counts: `t_7c1e90ab_gallery_visits`. */
export function tableNamesOf(id: string, filename: string): readonly [string, string] {
  const hex = id.replaceAll('-', '')
  const stem = sanitizedStem(filename)
  return [`t_${hex.slice(0, 8)}_${stem}`, `t_${hex.slice(0, 12)}_${stem}`]
}

/** A file's name without its folder and ending, for people: `gallery_visits_2009-2025`. */
export function stemOf(filename: string): string {
  const name = filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1)
  return name.replace(/(?<=.)\.[^.]*$/, '')
}

/** Letters, digits and underscores only, so that it needs quotes in no dialect of SQL. */
function sanitizedStem(filename: string): string {
  const plain = stemOf(filename)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, MAX_STEM_LENGTH)
    .replace(/^_+|_+$/g, '')
  return plain === '' ? 'data' : plain
}
