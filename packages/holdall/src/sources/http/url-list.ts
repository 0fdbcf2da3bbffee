import { byPath, type Catalog } from './catalog.ts'
import type { UrlEntry } from './config.ts'

/** The addresses that the configuration lists. */
export function urlList(entries: readonly UrlEntry[]): Catalog {
  const files = entries.map(({ url, path }) => ({ path, url, told: {} })).sort(byPath)
  const known = new Map(files.map((file) => [file.path, file]))
  return {
    find: async (path) => known.get(path),
    all: async () => files,
  }
}
