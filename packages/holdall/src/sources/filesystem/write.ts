import { createHash } from 'node:crypto'
import { type FileHandle, rmdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isDatasetPath } from '../paths.ts'
import type { WriteOptions, WrittenFile } from '../storage.ts'
import { drain, type Sink, writeAll } from './drain.ts'
import { type BeforeIo, codeOf, explain, flushFolder, ignoreAbsent, isAbsent } from './io.ts'
import { publish } from './publish.ts'
import type { Root } from './root.ts'
import { createTemporary } from './temporary.ts'

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
  const hash = createHash('sha256')
  const sink: Sink = {
    see: (chunk) => hash.update(chunk),
    write: (chunks, bytes) => writeAll(temporary.handle, chunks, bytes),
    flush: () => temporary.handle.datasync(),
  }
  try {
    const size = await drain(body, sink, options.signal, before)
    handle = undefined
    await temporary.handle.close()
    options.signal?.throwIfAborted()
    await publish(root, temporary.path, target, before)
    return { path, size, contentHash: `sha256:${hash.digest('hex')}` }
  } catch (error) {
    await handle?.close().catch(() => {})
    before('remove temporary file')
    await unlink(temporary.path).catch(() => {})
    throw explain(error)
  }
}

/**
 * Removes exactly this file, then its folder when nothing else is in it; of a dataset's object all the folders on the way
 * that are empty now: nobody but us has made them. Absent is success.
 */
export async function deleteFrom(root: Root, path: string, before: BeforeIo): Promise<void> {
  const place = await root.locate(path)
  if (place === undefined) {
    await root.assertThere()
    // Who died before all of them were made has left the first.
    if (isDatasetPath(path)) await removeAbove(root, path, before)
    return
  }
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
  if (!(await removeEmpty(place.directory, before))) return
  if (isDatasetPath(path)) await removeAbove(root, path, before)
  else await flushFolder(dirname(place.directory)).catch(ignoreAbsent)
}

/** The folders on the way to a path, the deepest first, as long as they are empty. */
async function removeAbove(root: Root, path: string, before: BeforeIo): Promise<void> {
  for (let above = parentOf(path); above !== ''; above = parentOf(above)) {
    const place = await root.locate(above)
    if (place === undefined) continue
    if (!(await removeEmpty(place.full, before))) return await flushFolder(place.full).catch(ignoreAbsent)
  }
  await flushFolder(root.directory)
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** @returns whether it is gone */
async function removeEmpty(folder: string, before: BeforeIo): Promise<boolean> {
  before('remove folder')
  try {
    await rmdir(folder)
  } catch (error) {
    if (isAbsent(error)) return true
    if (['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(codeOf(error) ?? '')) return false
    throw error
  }
  return true
}
