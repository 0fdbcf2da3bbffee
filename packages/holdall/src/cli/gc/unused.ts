import { countUnused } from '../../files/upkeep/unused.ts'
import { createDatabases } from '../../tables/databases.ts'
import { createFileColumns } from '../../tables/file-columns/settings.ts'
import { createUsed } from '../../tables/file-columns/used.ts'
import { createReaderPool } from '../../tables/reader/pool.ts'
import { formatBytes, formatCount } from '../../web/format.ts'
import type { Cleaning } from './cleaning.ts'

/** Where people look at them, and delete what they want to. */
const PAGE = '/-/files/unused'

/** Files that no row holds. They are only counted: a file may be wanted without any row. */
export async function reportUnused({ data, io, line, say }: Cleaning): Promise<void> {
  const { config, db } = data
  const pool = createReaderPool({ timeLimit: config.settings.sql_time_limit_ms })
  try {
    const databases = createDatabases({ databases: Object.values(config.databases), pool })
    const fileColumns = createFileColumns(config, db)
    const unknown = new Set((await fileColumns.tables()).map(({ database }) => database))
    for (const { name } of databases.all) unknown.delete(name)
    if (unknown.size > 0) {
      say(
        `Kept: files that no row holds; not counted, because ${[...unknown].join(', ')} is not named here (holdall gc FILE.db, or -c FILE); see ${PAGE}`,
      )
      return
    }
    const unused = await countUnused(db, createUsed(databases, fileColumns), {
      signal: io.signal,
      onLooked: (files) => line.show('Rows', `${formatCount(files, 'file')} looked up`, files, undefined),
    })
    say(
      unused === undefined
        ? `Kept: files that no row holds; not counted, because not every table could be read in time; see ${PAGE}`
        : `Kept: ${formatCount(unused.files, 'file')} that no row holds, ${formatBytes(unused.bytes)}; see ${PAGE}`,
    )
  } finally {
    await pool.close()
  }
}
