import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HoldallError } from '../../../web/error.ts'
import type { MultipartUpload, StoredPart } from '../../multipart.ts'
import type { StoredFile } from '../../stored-file.ts'
import { type BeforeIo, flushFolder, isAbsent } from '../io.ts'
import { flushUp, publish } from '../publish.ts'
import type { Root } from '../root.ts'
import { temporaryName } from '../temporary.ts'
import { isThere, knownFolder, openOrGone, type UploadFolder } from './folder.ts'
import { isFileOf, isUploadId } from './identity.ts'
import { partCount, sizeOf } from './limits.ts'
import { readReceipts } from './receipts.ts'

const MAX_NAMED = 5

/** The parts lie where they belong: they are counted, then the file gets its name. Nobody else may be writing. */
export async function publishUpload(
  root: Root,
  folder: UploadFolder,
  upload: MultipartUpload,
  parts: readonly StoredPart[],
  before: BeforeIo,
): Promise<void> {
  const receipts = await openOrGone(folder.receipts)
  try {
    assertAll(upload, parts, await readReceipts(receipts, 1, partCount(upload)))
  } finally {
    await receipts.close()
  }
  const data = await openOrGone(folder.data)
  try {
    before('flush file')
    await data.sync()
  } finally {
    await data.close()
  }
  await publish(root, folder.data, root.target(upload.path), before)
}

/** @param there what is on disk, by number */
function assertAll(upload: MultipartUpload, asked: readonly StoredPart[], there: readonly StoredPart[]): void {
  const askedOf = new Map(asked.map((part) => [part.number, part]))
  const thereOf = new Map(there.map((part) => [part.number, part]))
  const wrong: string[] = []
  for (let number = 1; number <= partCount(upload); number += 1) {
    const complaint = complain(askedOf.get(number), thereOf.get(number), sizeOf(upload, number))
    if (complaint !== undefined) wrong.push(`part ${number} ${complaint}`)
  }
  if (wrong.length === 0) return
  const more = wrong.length > MAX_NAMED ? ` and ${wrong.length - MAX_NAMED} more` : ''
  throw new HoldallError('upload_parts_missing', { parts: `${wrong.slice(0, MAX_NAMED).join(', ')}${more}` })
}

function complain(asked: StoredPart | undefined, there: StoredPart | undefined, size: number): string | undefined {
  if (there === undefined || there.size !== size) return 'is missing'
  if (asked === undefined) return 'was left out'
  return asked.etag === there.etag ? undefined : 'has been sent again with other bytes'
}

/** Removes what is left of an upload, in one step from where it could be found. Absent is success. */
export async function discardUpload(root: Root, folder: UploadFolder, before: BeforeIo): Promise<void> {
  const doomed = temporaryName(root)
  try {
    before('unname upload')
    await rename(folder.directory, doomed)
  } catch (error) {
    if (isAbsent(error)) return
    throw error
  }
  before('flush folder')
  await flushFolder(dirname(doomed))
  before('remove upload')
  await rm(doomed, { recursive: true, force: true })
}

/** The file that an upload has become, its name on disk. */
export async function findCompleted(root: Root, upload: MultipartUpload): Promise<StoredFile | undefined> {
  const handle = isUploadId(upload.id) ? await root.open(upload.path) : undefined
  if (handle === undefined) {
    await root.assertThere()
    return undefined
  }
  try {
    const file = await handle.stat({ bigint: true })
    if (file.size !== BigInt(upload.size)) return undefined
    if (!isFileOf(upload.id, file) && !(await wasPublished(root, upload))) return undefined
    // Its process may have died between naming it and making the name durable.
    const place = await root.locate(upload.path)
    if (place === undefined) return undefined
    await flushUp(root, place.directory)
    return { path: upload.path, size: upload.size, lastModified: file.mtime }
  } finally {
    await handle.close()
  }
}

/**
 * Some file systems give a file another inode whenever they feel like it. There it can still be seen that the data has left
 * the folder, which happens only by completing.
 */
async function wasPublished(root: Root, upload: MultipartUpload): Promise<boolean> {
  const folder = await knownFolder(root, upload)
  return folder !== undefined && !(await isThere(folder.data))
}
