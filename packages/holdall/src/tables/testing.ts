import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createPermissions } from '../access/decide.ts'
import { enforce } from '../access/enforce.ts'
import type { Permissions } from '../access/permissions.ts'
import { type Config, loadConfig } from '../config/config.ts'
import { openInternalDatabase } from '../database/internal.ts'
import { createTroubles } from '../files/troubles.ts'
import { createLog } from '../web/log.ts'
import type { Actor, Need, RouteContext } from '../web/route.ts'
import { createUrls } from '../web/url.ts'
import { createDatabases, type Databases } from './databases.ts'
import { createFindFileIds } from './file-columns/file-ids.ts'
import { createFileColumns } from './file-columns/settings.ts'
import { createReaderPool, type ReaderPool } from './reader/pool.ts'
import type { TablesRoom } from './room.ts'

export interface TestTables {
  readonly directory: string
  readonly config: Config
  readonly room: TablesRoom
  readonly databases: Databases
  readonly permissions: Permissions
  readonly pool: ReaderPool
  /** What an app needs beside the routes; the actor is whoever the header `X-Actor` names. */
  readonly hooks: ReturnType<typeof createHooks>
  close(): Promise<void>
}

/** Of a statement, where no test is about it: one second, as servers have it, a busy machine may stand still. */
const TIME_LIMIT_MS = 20_000

export interface TestTablesOptions {
  /** SQL that makes each database, by name. */
  readonly databases: Readonly<Record<string, string | ((database: DatabaseSync) => void)>>
  /** The configuration file, as YAML. */
  readonly config?: string
  readonly timeLimit?: number
  readonly baseUrl?: string
}

/** Real databases in a folder of their own, read by real processes under real permissions. */
export async function openTestTables(options: TestTablesOptions): Promise<TestTables> {
  const directory = mkdtempSync(join(tmpdir(), 'holdall-tables-'))
  const paths = Object.entries(options.databases).map(([name, make]) => {
    const path = join(directory, `${name}.db`)
    const database = new DatabaseSync(path, { enableForeignKeyConstraints: false })
    if (typeof make === 'string') database.exec(make)
    else make(database)
    database.close()
    return path
  })
  const file = join(directory, 'datasette.yaml')
  if (options.config !== undefined) writeFileSync(file, options.config)
  const { config } = loadConfig({
    ...(options.config !== undefined && { file }),
    cwd: directory,
    env: {},
    databases: paths,
  })
  const internal = await openInternalDatabase(join(directory, 'internal.sqlite'))
  const permissions = createPermissions(internal, { rules: config.rules })
  const pool = createReaderPool({ timeLimit: options.timeLimit ?? TIME_LIMIT_MS })
  const databases = createDatabases({ databases: Object.values(config.databases), pool })
  const urls = createUrls(options.baseUrl ?? '/')
  const fileColumns = createFileColumns(config, internal)
  return {
    directory,
    config,
    databases,
    permissions,
    pool,
    room: {
      databases,
      fileColumns,
      fileIds: createFindFileIds({ troubles: createTroubles(internal, permissions), fileColumns }),
      permissions,
      urls,
      metadata: config.metadata,
      cacheTtl: config.settings.default_cache_ttl,
      proxy: { trustProxy: false },
    },
    hooks: createHooks(permissions, options.baseUrl ?? '/'),
    async close() {
      await pool.close()
      await internal.close()
      rmSync(directory, { recursive: true })
    },
  }
}

function createHooks(permissions: Permissions, baseUrl: string) {
  return {
    urls: createUrls(baseUrl),
    // What nobody foresaw is worth seeing, whatever test it happens in.
    log: createLog((line) => {
      if (line.includes('request failed')) console.error(line)
    }),
    authenticate: async (c: RouteContext): Promise<Actor | null> => {
      const id = c.req.header('X-Actor')
      return id === undefined ? null : { id }
    },
    refuseCrossSite: () => undefined,
    enforce: (need: Need, c: RouteContext) => enforce(permissions, need, c),
    errorPage: (c: RouteContext, error: { message: string; status: number }) =>
      c.text(error.message, error.status as 400),
    contentSecurityPolicy: () => "default-src 'none'",
    theme: () => 'system' as const,
  }
}
