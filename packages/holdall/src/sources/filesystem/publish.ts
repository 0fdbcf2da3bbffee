import { mkdir, realpath, rename, rmdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { HoldallError } from '../../web/error.ts'
import { type BeforeIo, codeOf, flushFolder } from './io.ts'
import type { Place, Root } from './root.ts'

/** Between making a folder and using it, a deletion may find it empty and remove it. So often is it made again. */
const FOLDER_ATTEMPTS = 20

/**
 * Gives a flushed file its name, and makes the name durable: at `target` is all of it or nothing, also after a power cut.
 * When it fails, the file is at `from` again.
 */
export async function publish(root: Root, from: string, target: Place, before: BeforeIo): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const made: string[] = []
    try {
      await makeFolders(root, target, made, before)
      const place = await settled(root, target)
      before('rename')
      await rename(from, place.full)
      await flushName(root, from, place, before)
      return
    } catch (error) {
      for (const folder of made.reverse()) await rmdir(folder).catch(() => {})
      if (codeOf(error) !== 'ENOENT' || attempt >= FOLDER_ATTEMPTS) throw error
      await root.assertThere()
    }
  }
}

/** What is not durable is not stored: nobody will be told of it, so nothing of it may stay. */
async function flushName(root: Root, from: string, place: Place, before: BeforeIo): Promise<void> {
  try {
    before('flush folder')
    await flushUp(root, place.directory)
  } catch (error) {
    await rename(place.full, from).catch(() => {})
    throw error
  }
}

/**
 * A folder is only as durable as its name in the one above, whoever made it: another process may have died, or be, just
 * before it flushes that.
 *
 * @param directory inside the root, links resolved
 */
export async function flushUp(root: Root, directory: string): Promise<void> {
  await flushFolder(directory)
  if (directory !== root.directory) await flushUp(root, dirname(directory))
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
