import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { World } from './dataset-kills.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const TEMPORARY_FOLDER = '.holdall-tmp'

/** A folder for the objects of datasets, and what is really in it. */
export async function makeFolder(root: string): Promise<World> {
  const paths = () =>
    (readdirSync(root, { recursive: true }) as string[]).filter((path) => statSync(join(root, path)).isFile()).sort()
  return {
    source: { storage: 'filesystem', sync: 'manual', config: { root } },
    every: LONG ? 1 : 4,
    leastKills: LONG ? 1_000 : 25,
    objects: async () => paths().filter((path) => !path.startsWith(TEMPORARY_FOLDER)),
    read: (path) => readFile(join(root, path)),
    unfinished: async () => paths().filter((path) => path.startsWith(TEMPORARY_FOLDER)),
    async remove() {},
  }
}
