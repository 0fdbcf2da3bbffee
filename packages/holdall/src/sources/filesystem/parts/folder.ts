import { type FileHandle, lstat, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { HoldallError } from '../../../web/error.ts'
import type { MultipartUpload } from '../../multipart.ts'
import { codeOf, isAbsent } from '../io.ts'
import { type Root, TEMPORARY_FOLDER } from '../root.ts'
import { isUploadId } from './identity.ts'

/** The folder of one upload. Beside these files it holds the claims of those who are writing. */
export interface UploadFolder {
  readonly directory: string
  /** The file itself, as long as it will be, with holes where parts are missing. */
  readonly data: string
  readonly receipts: string
  /** What the upload was created with. */
  readonly plan: string
}

const planSchema = z.object({
  path: z.string(),
  size: z.number(),
  partSize: z.number(),
  token: z.string(),
  startedAt: z.number(),
})

export type UploadPlan = z.infer<typeof planSchema>

/** @param directory its place */
export function uploadFolder(directory: string): UploadFolder {
  return {
    directory,
    data: join(directory, 'data'),
    receipts: join(directory, 'receipts'),
    plan: join(directory, 'plan.json'),
  }
}

export function folderOf(root: Root, id: string): UploadFolder {
  return uploadFolder(join(root.directory, TEMPORARY_FOLDER, id))
}

/** The folder of an upload, and surely of this one; `undefined` when there is none. */
export async function knownFolder(root: Root, upload: MultipartUpload): Promise<UploadFolder | undefined> {
  if (!isUploadId(upload.id)) return undefined
  const folder = folderOf(root, upload.id)
  const plan = await readPlan(folder)
  return plan !== undefined && isOf(plan, upload) ? folder : undefined
}

/** The same, while it has not become a file. Throws `multipart_gone`. */
export async function findFolder(root: Root, upload: MultipartUpload): Promise<UploadFolder> {
  const folder = await knownFolder(root, upload)
  if (folder !== undefined && (await isThere(folder.data))) return folder
  // Without the root every upload would look gone.
  await root.assertThere()
  throw new HoldallError('multipart_gone')
}

/** What the upload was created with; `undefined` when there is none. */
export async function readPlan(folder: UploadFolder): Promise<UploadPlan | undefined> {
  try {
    return planSchema.parse(JSON.parse(await readFile(folder.plan, 'utf8')))
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/**
 * Opens a file of an upload. Throws `multipart_gone` when it is absent, as the data is after a completion whose process died
 * before it had tidied up.
 */
export async function openOrGone(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    throw new HoldallError('multipart_gone', {}, { cause: error })
  }
}

export async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file)
    return true
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

function isOf(plan: UploadPlan, { path, size, partSize, token }: MultipartUpload): boolean {
  return plan.path === path && plan.size === size && plan.partSize === partSize && plan.token === token
}
