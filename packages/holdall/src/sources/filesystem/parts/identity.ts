import { randomBytes } from 'node:crypto'
import type { BigIntStats } from 'node:fs'

const FORM = /^parts-[0-9a-f]{24}-([0-9a-z]{1,13})-([0-9a-z]{1,13})$/

/**
 * The id of an upload is the name of its folder and says which file its bytes are written to: by inode and time of birth,
 * which a rename leaves as they are and no other file has. So the finished file is known without anything beside it.
 */
export function newUploadId(data: BigIntStats): string {
  return `parts-${randomBytes(12).toString('hex')}-${data.ino.toString(36)}-${bornAt(data)}`
}

/** Ids come back from a database: one of another form is no name of ours, and might lead anywhere. */
export function isUploadId(id: string): boolean {
  return FORM.test(id)
}

export function isFileOf(id: string, file: BigIntStats): boolean {
  const [, inode, born] = FORM.exec(id) ?? []
  return inode === file.ino.toString(36) && born === bornAt(file)
}

/** Nanoseconds, or 0 where the file system does not remember. */
function bornAt(file: BigIntStats): string {
  return (file.birthtimeNs > 0n ? file.birthtimeNs : 0n).toString(36)
}
