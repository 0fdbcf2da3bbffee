import { join } from 'node:path'
import type { KyselyPlugin } from 'kysely'
import { loadConfig } from '../../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../../database/internal.ts'
import { type BeforeIo, unwatched } from '../../sources/filesystem/io.ts'
import { filesystemType } from '../../sources/filesystem/storage.ts'
import { createSources, type Source } from '../../sources/sources.ts'
import { createLog } from '../../web/log.ts'
import { createMoves, type Moves } from './moves.ts'

export interface TestMoves {
  readonly database: InternalDatabase
  readonly source: Source
  readonly moves: Moves
  close(): Promise<void>
}

export interface TestMovesOptions {
  /** Told each write, and each statement of it. */
  readonly before?: BeforeIo
  /** Whether a row holds whatever went. */
  readonly used?: boolean
  readonly now?: () => number
}

/** What moves files, over a folder with a real database and real bytes, in a process of its own or beside others. */
export async function openTestMoves(folder: string, options: TestMovesOptions = {}): Promise<TestMoves> {
  const { before = unwatched, used = false, now = Date.now } = options
  const opened = await openInternalDatabase(join(folder, 'internal.db'))
  const log = createLog(() => {})
  const sources = await createSources({
    database: opened,
    config: loadConfig({ env: {}, cwd: folder, overrides: {} }).config,
    types: [filesystemType({ before: unwatched })],
    getSecret: async () => undefined,
    dataDirectory: folder,
    log,
  })
  const source = sources.get('files')
  await source.check()
  const told: KyselyPlugin = {
    transformQuery({ node }) {
      before(`statement: ${node.kind}`)
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const database: InternalDatabase = {
    ...opened,
    write: (work, writeOptions) =>
      opened.write(async (trx) => {
        const result = await work(trx.withPlugin(told))
        before('commit')
        return result
      }, writeOptions),
  }
  const findUsed = async (ids: readonly string[]) => ({ used: new Set(used ? ids : []), truncated: false })
  const moves = createMoves({ database, sources, findUsed, log, before, now })
  return {
    database: opened,
    source,
    moves,
    async close() {
      await moves.close()
      await sources.close()
      await opened.close()
    },
  }
}
