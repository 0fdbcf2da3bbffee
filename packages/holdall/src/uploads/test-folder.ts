import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Everything below a folder. One that is removed while it is read has nothing in it: Node's own recursion would throw. */
export async function everythingIn(root: string): Promise<Dirent[]> {
  const entries = await readdir(root, { withFileTypes: true })
  const below = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map((folder) =>
        everythingIn(join(root, folder.name)).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error
          return []
        }),
      ),
  )
  return [...entries, ...below.flat()]
}
