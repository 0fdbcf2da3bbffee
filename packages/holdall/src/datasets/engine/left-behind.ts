import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from '../../sources/process.ts'

/** Removes, from a folder that is there afterwards, the files `{process}.…` of processes that are no more. */
export async function removeLeftBehind(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of await readdir(folder)) {
    if (isAlive(name.split('.')[0] as string) === false) await rm(join(folder, name), { force: true })
  }
}
