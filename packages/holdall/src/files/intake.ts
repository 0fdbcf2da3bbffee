import type { Transaction } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Schema } from '../database/schema.ts'
import type { FileIntake } from '../uploads/inspection.ts'
import type { Urls } from '../web/url.ts'
import type { Background } from './background/background.ts'
import { inspect, type Readers } from './inspection/inspect.ts'
import { sniffLate } from './inspection/sniff-late.ts'
import { withDuplicates } from './record.ts'
import type { Registry } from './registry.ts'

/** What the uploads below need of this room: to know a file by its bytes, and to enter it in the registry. */
export function createIntake({
  database,
  registry,
  readers,
  background,
  urls,
}: {
  database: InternalDatabase
  registry: Registry
  readers: Readers
  background: Background
  urls: Urls
}): FileIntake {
  return {
    sniff: sniffLate,
    inspect: (question) => inspect(question, readers),
    async record(upload, options) {
      await database.write(async (transaction) => {
        // Deleted between two runs of this step, it must not come back.
        if (await isInTrash(transaction, upload.fileId)) return
        await registry.record(transaction, upload)
        await background.recorded(transaction, upload)
      }, options)
    },
    async describe(fileId, actor) {
      const file = await registry.byId(fileId)
      return file && withDuplicates(file, await registry.duplicates(actor, file), urls)
    },
  }
}

async function isInTrash(transaction: Transaction<Schema>, id: string): Promise<boolean> {
  const row = await transaction.selectFrom('datasette_files_trash').select('id').where('id', '=', id).executeTakeFirst()
  return row !== undefined
}
