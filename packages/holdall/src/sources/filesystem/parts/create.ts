import { type FileHandle, lstat, mkdir, open, rename, rm, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HoldallError } from '../../../web/error.ts'
import type { NewMultipart } from '../../multipart.ts'
import { type BeforeIo, codeOf, explain, flushFolder } from '../io.ts'
import type { Place, Root } from '../root.ts'
import { inTemporaryFolder, temporaryName } from '../temporary.ts'
import { folderOf, type UploadFolder, type UploadPlan, uploadFolder } from './folder.ts'
import { newUploadId } from './identity.ts'
import { assertPossible, partCount } from './limits.ts'
import { receiptsSize } from './receipts.ts'

/** Made under a temporary name, then renamed: there is all of an upload or nothing. @returns its id */
export async function createUpload(
  root: Root,
  upload: NewMultipart,
  now: () => number,
  before: BeforeIo,
): Promise<string> {
  assertPossible(upload)
  const target = root.target(upload.path)
  const making = uploadFolder(temporaryName(root))
  let made = making
  try {
    await assertFits(root, upload.size)
    await assertPossibleName(target)
    before('create upload')
    await inTemporaryFolder(root, before, () => mkdir(making.directory, { mode: 0o700 }))
    const id = await fill(making, upload, now, before)
    before('name upload')
    await rename(making.directory, folderOf(root, id).directory)
    made = folderOf(root, id)
    before('flush folder')
    await flushFolder(dirname(making.directory))
    return id
  } catch (error) {
    await rm(made.directory, { recursive: true, force: true }).catch(() => {})
    throw explain(error)
  }
}

async function assertFits(root: Root, size: number): Promise<void> {
  const { blocks, bavail, bsize } = await statfs(root.directory, { bigint: true })
  // Some file systems do not say; then it is found out on the way.
  if (blocks > 0n && bavail * bsize < BigInt(size)) throw new HoldallError('storage_full')
}

/** What the file system would not take as a name at the end, it is asked at the beginning. */
async function assertPossibleName({ full }: Place): Promise<void> {
  try {
    if ((await lstat(full)).isDirectory()) throw Object.assign(new Error('A folder is there'), { code: 'EISDIR' })
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

async function fill(making: UploadFolder, upload: NewMultipart, now: () => number, before: BeforeIo): Promise<string> {
  const { path, size, partSize, token } = upload
  const plan: UploadPlan = { path, size, partSize, token, startedAt: now() }
  before('create parts')
  const id = await newFile(making.data, async (handle) => {
    // As long as it will be and all of it a hole: however large, it takes no room yet.
    await handle.truncate(size)
    return newUploadId(await handle.stat({ bigint: true }))
  })
  before('create receipts')
  await newFile(making.receipts, (handle) => handle.truncate(receiptsSize(partCount(upload))))
  before('create plan')
  await newFile(making.plan, (handle) => handle.writeFile(JSON.stringify(plan)))
  before('flush folder')
  await flushFolder(making.directory)
  return id
}

async function newFile<Result>(path: string, work: (handle: FileHandle) => Promise<Result>): Promise<Result> {
  const handle = await open(path, 'wx', 0o644)
  try {
    const result = await work(handle)
    await handle.sync()
    return result
  } finally {
    await handle.close()
  }
}
