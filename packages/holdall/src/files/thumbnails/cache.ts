import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { trim } from './trim.ts'

/** Small pictures and remembered failures, as files of the data directory, by the originals' content. */
export interface ThumbnailCache {
  read(key: string, variant: string): Promise<Buffer | undefined>
  /** The variants that there are of one original. */
  variants(key: string): Promise<string[]>
  write(key: string, variant: string, bytes: Uint8Array): Promise<void>
  failure(key: string): Promise<Failure | undefined>
  fail(key: string, failure: Failure): Promise<void>
  /** Removes every picture of one original. */
  remove(key: string): Promise<void>
  /** The originals that there is something of, a folder at a time. */
  keys(): AsyncGenerator<string[]>
  /** Removes what other policies have left, and the oldest of what is too much. */
  sweep(): Promise<void>
}

/** Whoever may browse a file may ask for all of its sizes: the folder must not grow with every question. */
export const MAX_CACHE_BYTES = 10 * 1024 ** 3

export interface Failure {
  readonly reason: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Whether the file may well give a picture another time. */
  readonly transient: boolean
  /** Whether there is a picture of a part of it; absent in what was written before anybody tried. */
  readonly partial?: boolean
}

/**
 * @param directory is made when it is first needed
 * @param policy of everything that decides what a picture looks like; another policy never sees these files
 */
export function createThumbnailCache(directory: string, policy: string, maxBytes = MAX_CACHE_BYTES): ThumbnailCache {
  /** As of the last look, and what was written since. */
  let total = 0
  let trimming = false

  function pathOf(key: string, name: string): string {
    return join(directory, policy, key.slice(0, 2), `${key}.${name}`)
  }

  async function put(path: string, bytes: Uint8Array | string): Promise<void> {
    await mkdir(dirname(path), { recursive: true })
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
    try {
      await writeFile(temporary, bytes)
      await rename(temporary, path)
      total += bytes.length
      if (total > maxBytes && !trimming) trimNow().catch(() => {})
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  async function trimNow(): Promise<void> {
    trimming = true
    try {
      total = await trim(join(directory, policy), maxBytes)
    } finally {
      trimming = false
    }
  }

  return {
    async read(key, variant) {
      const bytes = await readOrNothing(pathOf(key, variant))
      return bytes === undefined || bytes.length === 0 ? undefined : bytes
    },
    async variants(key) {
      const names = await readdir(dirname(pathOf(key, 'failed'))).catch(() => [])
      return names.flatMap((name) => (name.startsWith(`${key}.`) ? [name.slice(key.length + 1)] : []))
    },
    write: (key, variant, bytes) => put(pathOf(key, variant), bytes),
    async failure(key) {
      const bytes = await readOrNothing(pathOf(key, 'failed'))
      return bytes === undefined ? undefined : parse(bytes)
    },
    fail: (key, failure) => put(pathOf(key, 'failed'), JSON.stringify(failure)),
    async remove(key) {
      const folder = dirname(pathOf(key, 'failed'))
      for (const name of await readdir(folder).catch(() => [])) {
        if (name.startsWith(`${key}.`)) await rm(join(folder, name), { force: true })
      }
    },
    async *keys() {
      for (const folder of await readdir(join(directory, policy)).catch(() => [])) {
        const names = await readdir(join(directory, policy, folder)).catch(() => [])
        yield [...new Set(names.map((name) => name.slice(0, name.indexOf('.'))))]
      }
    },
    async sweep() {
      for (const name of await readdir(directory).catch(() => [])) {
        if (name !== policy) await rm(join(directory, name), { recursive: true, force: true })
      }
      await trimNow()
    },
  }
}

async function readOrNothing(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

// A crash may have left half of it; then there was no failure.
function parse(bytes: Buffer): Failure | undefined {
  try {
    const { reason, at, transient, partial } = JSON.parse(bytes.toString()) as Partial<Failure>
    return typeof reason === 'string' && typeof at === 'number'
      ? { reason, at, transient: transient === true, ...(typeof partial === 'boolean' && { partial }) }
      : undefined
  } catch {
    return undefined
  }
}
