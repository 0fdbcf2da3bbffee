import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { loadConfig } from '../../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../../database/internal.ts'
import { filesystemType } from '../../sources/filesystem/storage.ts'
import { createSources, type Source, type Sources } from '../../sources/sources.ts'
import type { Storage, StorageType } from '../../sources/storage.ts'
import { createLog } from '../../web/log.ts'
import type { FindUsed } from '../references.ts'
import { createForget } from './forget.ts'
import type { SyncRun } from './runs.ts'
import { createSync, type Sync } from './sync.ts'

/** A folder with files in it, a source over it, and a registry that knows nothing of them yet. */
export interface TestSync {
  readonly folder: string
  readonly root: string
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly source: Source
  readonly sync: Sync
  readonly log: string[]
  /** Writes a file below the root; its time is one that no other had. */
  put(path: string, content?: string): void
  remove(path: string): void
  /** A whole run. */
  run(): Promise<SyncRun>
  rows(): Promise<readonly TestRow[]>
  close(): Promise<void>
}

export interface TestRow {
  readonly id: string
  readonly path: string
  readonly filename: string
  readonly size: number | null
  readonly content_type: string | null
  readonly adopted: number
  readonly version: string | null
  readonly changed_at: string | null
  readonly missing_since: string | null
}

export interface TestSyncOptions {
  /** @default 'manual' */
  readonly when?: string
  /** What the storage does otherwise than a folder. */
  readonly wrap?: (storage: Storage) => Storage
  readonly now?: () => number
  /** Which files rows hold; without it nobody can say. */
  readonly findUsed?: FindUsed
}

const FIRST_TIME_S = 1_700_000_000

export async function openTestSync({
  when = 'manual',
  wrap = (storage) => storage,
  now,
  findUsed,
}: TestSyncOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-sync-'))
  const root = join(folder, 'photos')
  mkdirSync(root)
  const { config } = loadConfig({
    env: {},
    cwd: folder,
    overrides: { sources: { photos: { storage: 'filesystem', config: { root }, sync: when } } },
  })
  const lines: string[] = []
  const log = createLog((line) => lines.push(line))
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  const type = filesystemType()
  const wrapped: StorageType = {
    ...(type as StorageType),
    create: async (options, context) => wrap(await (type as StorageType).create(options, context)),
  }
  const sources = await createSources({
    database,
    config,
    types: [wrapped],
    getSecret: async () => undefined,
    dataDirectory: folder,
    log,
  })
  await sources.start()
  const source = sources.get('photos')
  const forget = findUsed && createForget(database, findUsed)
  const sync = createSync({ database, sources, log, forget, ...(now && { now }) })
  let written = 0

  const opened: TestSync = {
    folder,
    root,
    database,
    sources,
    source,
    sync,
    log: lines,
    put(path, content = `content of ${path}`) {
      const full = join(root, path)
      mkdirSync(dirname(full), { recursive: true })
      writeFileSync(full, content)
      written += 1
      utimesSync(full, FIRST_TIME_S + written, FIRST_TIME_S + written)
    },
    remove: (path) => rmSync(join(root, path)),
    async run() {
      const { run, ended } = await sync.begin(source, 'alice')
      return (await ended) ?? run
    },
    async rows() {
      return await database.read
        .selectFrom('datasette_files')
        .select(['id', 'path', 'filename', 'size', 'content_type', 'adopted', 'version', 'changed_at', 'missing_since'])
        .orderBy('path')
        .execute()
    },
    async close() {
      await sync.close()
      await sources.close()
      await database.close()
      rmSync(folder, { recursive: true })
    },
  }
  return opened
}
