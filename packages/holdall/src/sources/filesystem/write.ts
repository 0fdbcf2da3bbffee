import { type FileHandle, mkdir, open, realpath, rename, rmdir, unlink } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { HoldallError } from '../../web/error.ts'
import type { WriteOptions, WrittenFile } from '../storage.ts'
import { drain } from './drain.ts'
import { type BeforeIo, codeOf, isAbsent } from './io.ts'
import type { Place, Root } from './root.ts'
import { createTemporary } from './temporary.ts'

/** Between making a folder and using it, a deletion may find it empty and remove it. So often is it made again. */
const FOLDER_ATTEMPTS = 20

/** Grows under a temporary name, is flushed, then renamed: at `path` is all of it or nothing, also after a power cut. */
export async function writeTo(
  root: Root,
  path: string,
  body: AsyncIterable<Uint8Array>,
  options: WriteOptions,
  before: BeforeIo,
): Promise<WrittenFile> {
  const target = root.target(path)
  options.signal?.throwIfAborted()
  const temporary = await createTemporary(root, before).catch((error) => {
    throw explain(error)
  })
  let handle: FileHandle | undefined = temporary.handle
  try {
    const drained = await drain(body, handle, options.signal, before)
    handle = undefined
    await temporary.handle.close()
    options.signal?.throwIfAborted()
    await publish(root, temporary.path, target, before)
    return { path, ...drained }
  } catch (error) {
    await handle?.close().catch(() => {})
    before('remove temporary file')
    await unlink(temporary.path).catch(() => {})
    throw explain(error)
  }
}

async function publish(root: Root, from: string, target: Place, before: BeforeIo): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const made: string[] = []
    try {
      await makeFolders(root, target, made, before)
      const place = await settled(root, target)
      before('rename')
      await rename(from, place.full)
      await flushName(place, made, before)
      return
    } catch (error) {
      for (const folder of made.reverse()) await rmdir(folder).catch(() => {})
      if (codeOf(error) !== 'ENOENT' || attempt >= FOLDER_ATTEMPTS) throw error
      await root.assertThere()
    }
  }
}

/** What is not durable is not stored: nobody will be told of it, so nothing of it may stay. */
async function flushName(place: Place, made: readonly string[], before: BeforeIo): Promise<void> {
  try {
    before('flush folder')
    await flushFolder(place.directory)
    // A new folder is only as durable as its name in the one above.
    for (const folder of made) await flushFolder(dirname(folder))
  } catch (error) {
    await unlink(place.full).catch(() => {})
    throw error
  }
}

/** @param made receives the folders that were not there before */
async function makeFolders(root: Root, target: Place, made: string[], before: BeforeIo): Promise<void> {
  const names = relative(root.directory, target.directory).split(sep).filter(Boolean)
  let folder = root.directory
  for (const name of names) {
    folder = join(folder, name)
    try {
      before('create folder')
      await mkdir(folder)
      made.push(folder)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
}

/** The target with the links on its way resolved; they must not lead out of the root. */
async function settled(root: Root, target: Place): Promise<Place> {
  const directory = await realpath(target.directory)
  if (directory !== root.directory && !root.holds(directory)) {
    throw new HoldallError('storage_path_invalid', { reason: 'a link on the way leads out of the source' })
  }
  return { directory, full: join(directory, relative(target.directory, target.full)) }
}

/** Removes exactly this file, then its folder when nothing else is in it. Absent is success. */
export async function deleteFrom(root: Root, path: string, before: BeforeIo): Promise<void> {
  const place = await root.locate(path)
  if (place === undefined) return root.assertThere()
  try {
    before('remove file')
    await unlink(place.full)
  } catch (error) {
    // A folder is not a file of the storage.
    if (['EISDIR', 'EPERM'].includes(codeOf(error) ?? '')) return root.assertThere()
    if (!isAbsent(error)) throw error
    // Who died before the rename has left the folder: it goes with the file that never came.
    await root.assertThere()
  }
  before('flush folder')
  await flushFolder(place.directory).catch(ignoreAbsent)
  if (place.directory === root.directory) return
  before('remove folder')
  try {
    await rmdir(place.directory)
  } catch (error) {
    if (isAbsent(error) || ['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(codeOf(error) ?? '')) return
    throw error
  }
  await flushFolder(dirname(place.directory)).catch(ignoreAbsent)
}

async function flushFolder(directory: string): Promise<void> {
  // Windows cannot open a folder; its file systems keep their own journal of names.
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function ignoreAbsent(error: unknown): void {
  if (!isAbsent(error)) throw error
}

function explain(error: unknown): unknown {
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new HoldallError('storage_full', {}, { cause: error })
    case 'ENAMETOOLONG':
      return new HoldallError('storage_path_invalid', { reason: 'a part of it is too long' }, { cause: error })
    case 'EISDIR':
    case 'ENOTDIR':
    case 'ENOTEMPTY':
      return new HoldallError(
        'storage_path_invalid',
        { reason: 'a file and a folder would need one name' },
        { cause: error },
      )
    default:
      return error
  }
}
