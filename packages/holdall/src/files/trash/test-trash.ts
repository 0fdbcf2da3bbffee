import { join } from 'node:path'
import { loadConfig } from '../../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../../database/internal.ts'
import { type BeforeIo, unwatched } from '../../sources/filesystem/io.ts'
import { filesystemType } from '../../sources/filesystem/storage.ts'
import { createSources, type Source, type Sources } from '../../sources/sources.ts'
import { createLog } from '../../web/log.ts'
import { createTrash, type Trash } from './trash.ts'

export interface TestTrash {
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly source: Source
  readonly trash: Trash
  close(): Promise<void>
}

/** The trash of a folder with a real database and real bytes, in a process of its own or beside others; emptied one by one. */
export async function openTestTrash(folder: string, before: BeforeIo = unwatched): Promise<TestTrash> {
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  const log = createLog(() => {})
  const sources = await createSources({
    database,
    config: loadConfig({ env: {}, cwd: folder, overrides: {} }).config,
    types: [filesystemType({ before })],
    getSecret: async () => undefined,
    dataDirectory: folder,
    log,
  })
  const source = sources.get('files')
  await source.check()
  const trash = createTrash({ database, sources, log, before, condemnBatch: 1, forgetPictures: async () => {} })
  return {
    database,
    sources,
    source,
    trash,
    async close() {
      await trash.close()
      await sources.close()
      await database.close()
    },
  }
}
