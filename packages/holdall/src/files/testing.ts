import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPermissions } from '../access/decide.ts'
import { enforce } from '../access/enforce.ts'
import type { Permissions } from '../access/permissions.ts'
import { compileRules } from '../access/ruleset.ts'
import { createWhoMay } from '../access/who-may.ts'
import { loadConfig } from '../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import { filesystemType } from '../sources/filesystem/storage.ts'
import { createSources, type Sources } from '../sources/sources.ts'
import type { StorageType } from '../sources/storage.ts'
import { createUploads } from '../uploads/engine.ts'
import { leftOpen, leftOpenAmong } from '../uploads/left-open.ts'
import { uploadRoutes } from '../uploads/routes.ts'
import type { HoldallError } from '../web/error.ts'
import { createLog } from '../web/log.ts'
import type { Actor, Need, Route, RouteContext } from '../web/route.ts'
import { createUrls } from '../web/url.ts'
import { createFiles, type Files, type FilesOptions } from './files.ts'
import type { FindManyUses, FindUsed, FindUses } from './references.ts'
import type { FilesRoom } from './room.ts'
import { filesRoutes, refusedUpload } from './routes.ts'

export interface TestFiles {
  readonly folder: string
  /** Where the bytes of the source `photos` are. */
  readonly root: string
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly permissions: Permissions
  readonly files: Files
  readonly routes: Route[]
  /** What an app needs beside the routes; the actor is whoever the header `X-Actor` names. */
  readonly hooks: ReturnType<typeof hooksOf>
  readonly log: string[]
  close(): Promise<void>
}

export interface TestFilesOptions {
  readonly permissions?: object
  readonly sources?: object
  readonly types?: readonly StorageType[]
  readonly limits?: FilesOptions['limits']
  readonly findUses?: FindUses
  readonly findUsed?: FindUsed
  readonly findManyUses?: FindManyUses
  readonly baseUrl?: string
  /** Whether the sources have been asked whether they are there, as a moment after a server's start. Default: true. */
  readonly start?: boolean
  /** Whether who uploaded a file may delete it. */
  readonly ownersCanDelete?: boolean
}

/** alice may do everything with `photos`, bob may browse it, nobody else may anything. `closed` is alice's alone. */
const PERMISSIONS = {
  'files-browse': { photos: { allow: { id: ['alice', 'bob'] } }, closed: { allow: { id: 'alice' } } },
  'files-upload': { photos: { allow: { id: 'alice' } }, closed: { allow: { id: 'alice' } } },
  'files-edit': { photos: { allow: { id: 'alice' } } },
}

/** A real registry, real folders, real uploads and real permissions, in a folder of their own. */
export async function openTestFiles(options: TestFilesOptions = {}): Promise<TestFiles> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-files-'))
  const root = join(folder, 'photos')
  const sources = options.sources ?? {
    photos: { storage: 'filesystem', label: 'Photographs', config: { root } },
    closed: { storage: 'filesystem', config: { root: join(folder, 'closed') } },
  }
  const { config } = loadConfig({
    env: {},
    cwd: folder,
    overrides: { sources, permissions: options.permissions ?? PERMISSIONS },
  })
  const lines: string[] = []
  const log = createLog((line) => lines.push(line))
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  const permissions = createPermissions(database, {
    rules: config.rules,
    ownersCanDelete: options.ownersCanDelete ?? false,
  })
  const urls = createUrls(options.baseUrl ?? '/')
  const opened = await createSources({
    database,
    config,
    types: options.types ?? [filesystemType()],
    getSecret: async () => undefined,
    dataDirectory: folder,
    log,
  })
  if (options.start !== false) await opened.start()
  const files = createFiles({
    database,
    sources: opened,
    permissions,
    urls,
    log,
    dataDirectory: folder,
    findUsed: options.findUsed ?? (async () => ({ used: new Set(), truncated: false })),
    limits: { processes: 1, ...options.limits },
  })
  const uploads = createUploads({ database, sources: opened, intake: files.intake, log })
  const room: FilesRoom = {
    ...files,
    sources: opened,
    permissions,
    urls,
    frame: (c) => ({ urls, actor: c.var.actor, theme: c.var.theme, path: new URL(c.req.url).pathname }),
    findUsed: options.findUsed ?? (async () => ({ used: new Set(), truncated: false })),
    findManyUses: options.findManyUses ?? (async () => ({ seen: new Map(), hidden: new Set(), truncated: false })),
    whoMay: createWhoMay({ db: database, permissions, ruleSet: compileRules(config.rules) }),
    findLeftOpen: (source, actor) => leftOpen(uploads, source, actor),
    findLeftOpenAmong: (among, actor) => leftOpenAmong(uploads, among, actor),
    findUses: options.findUses ?? (async () => ({ references: [], truncated: false, isUnsearched: false })),
  }
  return {
    folder,
    root,
    database,
    sources: opened,
    permissions,
    files,
    routes: [
      ...filesRoutes(room),
      ...uploadRoutes({
        uploads,
        sources: opened,
        urls,
        secret: 'test',
        origin: (c) => new URL(c.req.url).origin,
        refusedPage: refusedUpload(room),
      }),
    ],
    hooks: hooksOf(permissions, options.baseUrl ?? '/', lines),
    log: lines,
    async close() {
      await uploads.close()
      await files.close()
      await opened.close()
      await database.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function hooksOf(permissions: Permissions, baseUrl: string, lines: string[]) {
  return {
    urls: createUrls(baseUrl),
    log: createLog((line) => lines.push(line)),
    async authenticate(c: RouteContext): Promise<Actor | null> {
      const id = c.req.header('X-Actor') ?? /actor=(\w+)/.exec(c.req.header('Cookie') ?? '')?.[1]
      return id === undefined ? null : { id }
    },
    refuseCrossSite: () => undefined,
    enforce: (need: Need, c: RouteContext) => enforce(permissions, need, c),
    errorPage: (c: RouteContext, error: HoldallError) => c.text(error.message, error.status as 400),
    contentSecurityPolicy: () =>
      "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; media-src 'self'; form-action 'self'",
    theme: (c: RouteContext) =>
      /theme=dark/.test(c.req.header('Cookie') ?? '') ? ('dark' as const) : ('light' as const),
  }
}
