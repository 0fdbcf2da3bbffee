import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Where Holdall keeps its state. */
export interface DataDirectory {
  readonly path: string
  readonly internalDatabase: string
}

/**
 * Makes the data directory if it is not there; only its owner may look into it.
 *
 * @param internal the internal database, where `--internal` moves it
 */
export function openDataDirectory(path: string, internal?: string): DataDirectory {
  const absolute = resolve(path)
  const internalDatabase = internal === undefined ? join(absolute, 'internal.db') : resolve(internal)
  mkdirSync(absolute, { recursive: true, mode: 0o700 })
  mkdirSync(dirname(internalDatabase), { recursive: true })
  return { path: absolute, internalDatabase }
}
