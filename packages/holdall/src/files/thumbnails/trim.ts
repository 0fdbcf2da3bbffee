import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Trimming goes down to this part of the limit, so that it is not needed again at once. */
const TRIM_TO = 0.8

interface CachedFile {
  readonly path: string
  readonly size: number
  readonly made: number
}

/**
 * Removes the oldest files of a two-level folder until all of it is well below the limit.
 *
 * @returns the bytes that are left
 */
export async function trim(directory: string, maxBytes: number): Promise<number> {
  const files: CachedFile[] = []
  for (const folder of await namesIn(directory)) {
    for (const name of await namesIn(join(directory, folder))) {
      const path = join(directory, folder, name)
      const found = await stat(path).catch(() => undefined)
      if (found?.isFile()) files.push({ path, size: found.size, made: found.mtimeMs })
    }
  }
  let total = files.reduce((sum, { size }) => sum + size, 0)
  if (total <= maxBytes) return total
  files.sort((a, b) => a.made - b.made)
  for (const { path, size } of files) {
    if (total <= maxBytes * TRIM_TO) break
    await rm(path, { force: true })
    total -= size
  }
  return total
}

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => [])
}
