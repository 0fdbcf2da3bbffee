import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { HoldallError } from '../../../web/error.ts'
import type { ListPartsOptions, PartsPage, UploadsPage } from '../../multipart.ts'
import { isAbsent } from '../io.ts'
import { type Root, TEMPORARY_FOLDER } from '../root.ts'
import { folderOf, isThere, openOrGone, readPlan, type UploadFolder } from './folder.ts'
import { isUploadId } from './identity.ts'
import { readReceipts } from './receipts.ts'

const MAX_PARTS_PAGE = 1_000
const UPLOADS_PAGE = 100

export async function listParts(folder: UploadFolder, options: ListPartsOptions): Promise<PartsPage> {
  const { after = 0, limit = MAX_PARTS_PAGE } = options
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PARTS_PAGE) {
    throw new HoldallError('bad_request', { reason: `limit must be 1 to ${MAX_PARTS_PAGE}` })
  }
  if (!Number.isInteger(after) || after < 0) {
    throw new HoldallError('bad_request', { reason: 'after must be the number of a part' })
  }
  const handle = await openOrGone(folder.receipts)
  try {
    // One more than asked for tells whether there is another page.
    const found = await readReceipts(handle, after + 1, limit + 1)
    const parts = found.slice(0, limit)
    const next = found.length > limit ? (parts.at(-1)?.number ?? null) : null
    // Written with each part, and by nothing else.
    return { parts, next, ...(parts.length > 0 && { lastAt: (await handle.stat()).mtime }) }
  } finally {
    await handle.close()
  }
}

/** By id, whose beginning is random: what is begun meanwhile may be missed, nothing comes twice. */
export async function listUploads(root: Root, cursor: string | undefined): Promise<UploadsPage> {
  if (cursor !== undefined && !isUploadId(cursor)) throw new HoldallError('invalid_cursor')
  const ids = (await namesIn(root)).filter((name) => isUploadId(name) && name > (cursor ?? '')).sort()
  const page = ids.slice(0, UPLOADS_PAGE)
  const uploads: { path: string; id: string; startedAt: Date }[] = []
  for (const id of page) {
    const folder = folderOf(root, id)
    const plan = await readPlan(folder)
    if (plan === undefined || !(await isThere(folder.data))) continue
    uploads.push({ path: plan.path, id, startedAt: new Date(plan.startedAt) })
  }
  return { uploads, next: ids.length > page.length ? (page.at(-1) ?? null) : null }
}

async function namesIn(root: Root): Promise<string[]> {
  try {
    return await readdir(join(root.directory, TEMPORARY_FOLDER))
  } catch (error) {
    if (!isAbsent(error)) throw error
    await root.assertThere()
    return []
  }
}
