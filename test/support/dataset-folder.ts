import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { filesBelow } from './below.ts'
import type { World } from './dataset-kills.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const TEMPORARY_FOLDER = '.holdall-tmp'

/** A folder for the objects of datasets, and what is really in it. */
export async function makeFolder(root: string): Promise<World> {
  return {
    source: { storage: 'filesystem', sync: 'manual', config: { root } },
    every: LONG ? 1 : 4,
    leastKills: LONG ? 1_000 : 25,
    objects: async () => filesBelow(root).filter((path) => !path.startsWith(TEMPORARY_FOLDER)),
    read: (path) => readFile(join(root, path)),
    unfinished: async () => filesBelow(root).filter((path) => path.startsWith(TEMPORARY_FOLDER)),
    async remove() {},
  }
}
