import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, THIS_PROCESS } from '../../sources/process.ts'

/**
 * A folder for the queries of this process: several servers may share a data directory. Those of processes that are no
 * longer there are removed.
 */
export function queryFolder(dataDirectory: string): string {
  const all = join(dataDirectory, 'queries')
  for (const name of namesIn(all)) {
    if (isAlive(name) === false) rmSync(join(all, name), { recursive: true, force: true })
  }
  return join(all, THIS_PROCESS)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
