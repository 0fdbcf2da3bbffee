import { type Dirent, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Everything below a folder. One that is removed while it is read has nothing in it: Node's own recursion would throw. */
export function everythingBelow(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory())
    return [...entries, ...folders.flatMap(({ name }) => everythingBelow(join(folder, name)))]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** The paths of all files below a folder, from there, in order. */
export function filesBelow(folder: string): string[] {
  return everythingBelow(folder)
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort()
}
