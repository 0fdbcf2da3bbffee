import { createLog } from 'holdall'
import { filesystemType } from 'holdall/testing'

/** As many as a sync asks for at once. */
const PAGE_FILES = 1_000

/** Lists the folder that is its first argument to the end, and does nothing else: the limit of a sync. Prints the seconds. */
const [, , root = ''] = process.argv
const storage = await filesystemType().create(
  { root },
  { getSecret: async () => undefined, fetch, log: createLog(() => {}) },
)
const began = performance.now()
let cursor: string | null | undefined
do {
  const page = await storage.list?.({ limit: PAGE_FILES, ...(cursor && { cursor }) })
  cursor = page?.next
} while (cursor)
process.stdout.write(`${(performance.now() - began) / 1_000}\n`)
await storage.close?.()
