import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, THIS_PROCESS } from '../process.ts'
import { type BeforeIo, isAbsent } from './io.ts'
import { isPastResuming } from './parts/dead.ts'
import { isUploadId } from './parts/identity.ts'
import { type Root, TEMPORARY_FOLDER } from './root.ts'

/** A temporary file whose process we cannot know (another host, another program) is dead when it has not grown for this long. */
export const STRANGERS_LIFE_MS = 24 * 3600_000

export interface TemporaryFile {
  readonly path: string
  readonly handle: FileHandle
}

/** A new empty file in the root's file system. */
export async function createTemporary(root: Root, before: BeforeIo): Promise<TemporaryFile> {
  const path = temporaryName(root)
  before('create temporary file')
  return await inTemporaryFolder(root, before, async () => ({ path, handle: await open(path, 'wx', 0o644) }))
}

/** The path of a new temporary file or folder, named after this process, so that anybody can tell whether it is dead. */
export function temporaryName(root: Root): string {
  return join(root.directory, TEMPORARY_FOLDER, `${THIS_PROCESS}.${randomBytes(12).toString('hex')}`)
}

/** Makes something in the folder of temporary files, and that folder first when it is not there yet. */
export async function inTemporaryFolder<Made>(root: Root, before: BeforeIo, make: () => Promise<Made>): Promise<Made> {
  try {
    return await make()
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
  // Not recursive: a root that has gone (an unmounted disk) must not be made anew.
  before('create temporary folder')
  await mkdir(join(root.directory, TEMPORARY_FOLDER), { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return await make()
}

/** Removes what dead processes left, and uploads in parts that nobody can go on with. @returns how many that were */
export async function sweepTemporary(root: Root, now: () => number): Promise<number> {
  return await eachDead(root, now, (path) => rm(path, { recursive: true, force: true }))
}

/** How many there are that a sweep would remove. */
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
  if (isUploadId(name)) return await isPastResuming(path, now)
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
