import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, THIS_PROCESS } from '../process.ts'
import { type BeforeIo, isAbsent } from './io.ts'
import { type Root, TEMPORARY_FOLDER } from './root.ts'

/** A temporary file whose process we cannot know (another host, another program) is dead when it has not grown for this long. */
export const STRANGERS_LIFE_MS = 24 * 3600_000

export interface TemporaryFile {
  readonly path: string
  readonly handle: FileHandle
}

/** A new empty file in the root's file system, named after this process, so that anybody can tell whether it is dead. */
export async function createTemporary(root: Root, before: BeforeIo): Promise<TemporaryFile> {
  const directory = join(root.directory, TEMPORARY_FOLDER)
  const path = join(directory, `${THIS_PROCESS}.${randomBytes(12).toString('hex')}`)
  before('create temporary file')
  try {
    return { path, handle: await open(path, 'wx', 0o644) }
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
  // Not recursive: a root that has gone (an unmounted disk) must not be made anew.
  before('create temporary folder')
  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return { path, handle: await open(path, 'wx', 0o644) }
}

/** Removes what dead processes left. @returns how many files that were */
export async function sweepTemporary(root: Root, now: () => number): Promise<number> {
  return await eachDead(root, now, unlink)
}

/** How many files of dead processes there are. */
export async function countTemporary(root: Root, now: () => number): Promise<number> {
  return await eachDead(root, now, async () => {})
}

async function eachDead(root: Root, now: () => number, work: (path: string) => Promise<void>): Promise<number> {
  const directory = join(root.directory, TEMPORARY_FOLDER)
  let dead = 0
  for (const name of await namesIn(directory)) {
    const path = join(directory, name)
    try {
      if (!(await isDead(name, path, now))) continue
      await work(path)
      dead += 1
    } catch (error) {
      if (!isAbsent(error)) throw error
    }
  }
  return dead
}

async function isDead(name: string, path: string, now: () => number): Promise<boolean> {
  const alive = isAlive(name.slice(0, name.lastIndexOf('.')))
  if (alive !== undefined) return !alive
  return (await stat(path)).mtimeMs < now() - STRANGERS_LIFE_MS
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}
