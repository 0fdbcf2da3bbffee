import s3 from '@holdall/storage-s3'
import { createLog } from 'holdall'
import type { StorageType } from 'holdall/plugin'
import { filesystemType } from 'holdall/testing'

/** As many as a sync asks for at once. */
const PAGE_FILES = 1_000

/**
 * Lists a storage to the end and does nothing else: the limit of a sync. Prints the seconds.
 * Its arguments are the storage's type and its configuration, in JSON.
 */
const [, , type = '', config = ''] = process.argv
const types = [filesystemType(), ...((await s3({})).storages ?? [])] as readonly StorageType[]
const context = { getSecret: async () => undefined, fetch, log: createLog(() => {}) }
const chosen = types.find((one) => one.type === type)
if (chosen === undefined) throw new Error(`There is no storage ${type}`)
const storage = await chosen.create(chosen.config.parse(JSON.parse(config)), context)
const began = performance.now()
let cursor: string | null | undefined
do {
  const page = await storage.list?.({ limit: PAGE_FILES, ...(cursor && { cursor }) })
  cursor = page?.next
} while (cursor)
process.stdout.write(`${(performance.now() - began) / 1_000}\n`)
await storage.close?.()
