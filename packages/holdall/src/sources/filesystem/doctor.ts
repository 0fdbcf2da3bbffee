import { constants } from 'node:fs'
import { access, lstat, stat, statfs } from 'node:fs/promises'
import { dirname, join, parse, resolve } from 'node:path'
import { formatBytes } from '../../web/format.ts'
import type { Finding, StorageDoctor } from '../examination.ts'
import { isAbsent, isForbidden } from './io.ts'
import { type Root, TEMPORARY_FOLDER } from './root.ts'

/** Less free than this is worth a warning. */
const LITTLE_BYTES = 1024 ** 3

export function createDoctor(root: Root, { writes }: { readonly writes: boolean }): StorageDoctor {
  return {
    async *examine() {
      const folder = await folderFinding(root.directory, writes)
      yield folder
      if (folder.isFatal || !writes) return
      yield await spaceFinding(root.directory)
      yield await temporaryFinding(root.directory)
    },
    // What the file system says to a call is said by the examination of its folder.
    remedy: async () => undefined,
  }
}

/** Why a root cannot be opened. */
export async function diagnoseRoot(error: unknown, configured: string): Promise<Finding | undefined> {
  const root = resolve(configured)
  const check = 'folder'
  if (isForbidden(error)) {
    const closed = await firstClosed(root)
    return {
      check,
      status: 'failed',
      says: `${account()} may not go through ${closed}, on the way to ${root}.`,
      fix: `chmod a+x ${quoted(closed)}`,
    }
  }
  if (!isAbsent(error)) return undefined
  return { check, status: 'failed', says: `There is no folder ${root}.`, fix: `mkdir -p ${quoted(root)}` }
}

async function folderFinding(folder: string, writes: boolean): Promise<Finding> {
  const check = 'folder'
  const { uid, mode } = await stat(folder)
  if ((mode & constants.S_IFMT) !== constants.S_IFDIR) {
    const aside = `mv ${quoted(folder)} ${quoted(`${folder}.file`)}`
    const fix = `${aside} && mkdir ${quoted(folder)}`
    return { check, status: 'failed', says: `${folder} is a file, not a folder.`, fix, isFatal: true }
  }
  try {
    await access(folder, constants.R_OK | constants.X_OK | (writes ? constants.W_OK : 0))
  } catch {
    const own = process.geteuid?.()
    const fix = own === uid ? `chmod u+rwx ${quoted(folder)}` : `chown ${own} ${quoted(folder)}`
    const says = `${account()} may not ${writes ? 'read and write' : 'read'} ${folder}.`
    return { check, status: 'failed', says, fix, isFatal: true }
  }
  return { check, status: 'ok', says: `${folder} can be read${writes ? ' and written' : ''}.` }
}

async function spaceFinding(folder: string): Promise<Finding> {
  const check = 'free space'
  const { bavail, blocks, bsize } = await statfs(folder)
  const says = `${formatBytes(bavail * bsize)} of ${formatBytes(blocks * bsize)} are free.`
  if (bavail * bsize >= LITTLE_BYTES) return { check, status: 'ok', says }
  const fix = `Make the file system of ${folder} larger, or see what nobody will ask for again:\nholdall gc`
  return { check, status: 'warning', says: `Only ${says}`, fix }
}

/** What is whole is renamed to its place, which is one step within one file system only. */
async function temporaryFinding(folder: string): Promise<Finding> {
  const check = 'file system'
  const ok: Finding = { check, status: 'ok', says: 'Unfinished and finished files lie in the same file system.' }
  const temporary = join(folder, TEMPORARY_FOLDER)
  try {
    const [{ dev }, other] = [await stat(folder), await stat(temporary)]
    if (dev === other.dev) return ok
  } catch (error) {
    if (isAbsent(error)) return ok
    throw error
  }
  const isLink = (await lstat(temporary)).isSymbolicLink()
  return {
    check,
    status: 'failed',
    says: `${temporary} lies in another file system than ${folder}, so that no file can be finished.`,
    fix: `${isLink ? 'rm' : 'umount'} ${quoted(temporary)}`,
    isFatal: true,
  }
}

/** The folder nearest to `/` that may not be gone through. */
async function firstClosed(folder: string): Promise<string> {
  const folders: string[] = []
  for (let at = folder; at !== parse(at).root; at = dirname(at)) folders.unshift(at)
  for (const one of folders) {
    try {
      await access(one, constants.X_OK)
    } catch {
      return one
    }
  }
  return folder
}

function account(): string {
  const id = process.geteuid?.()
  return id === undefined ? 'The account of the server' : `The account of this process (user id ${id})`
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w./:@%+=-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
