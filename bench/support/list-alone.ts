import { filesystemType } from '../../packages/holdall/src/sources/filesystem/storage.ts'
import { MAX_LIST_LIMIT } from '../../packages/holdall/src/sources/storage.ts'
import { createLog } from '../../packages/holdall/src/web/log.ts'

/** Lists the folder that is its first argument to the end, and does nothing else: the limit of a sync. */
const [, , root = ''] = process.argv
const storage = await filesystemType().create(
  { root },
  { getSecret: async () => undefined, fetch, log: createLog(() => {}) },
)
let cursor: string | null | undefined
do {
  const page = await storage.list?.({ limit: MAX_LIST_LIMIT, ...(cursor && { cursor }) })
  cursor = page?.next
} while (cursor)
await storage.close?.()
