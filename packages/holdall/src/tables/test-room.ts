import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createPermissions } from '../access/decide.ts'
import type { Action, Permissions } from '../access/permissions.ts'
import { createHttp } from '../app/http.ts'
import { type Config, loadConfig } from '../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import { createRegistry, type Registry } from '../files/registry.ts'
import { createLog } from '../web/log.ts'
import type { Actor, Route } from '../web/route.ts'
import { createUrls, type Urls } from '../web/url.ts'

/** What the tests of this room stand on: real databases, a real registry, real permissions, requests without a socket. */
export interface TestRoom {
  readonly folder: string
  readonly config: Config
  readonly internal: InternalDatabase
  readonly permissions: Permissions
  readonly registry: Registry
  readonly urls: Urls
  /** Enters a file in the registry, in the source of that name. */
  addFile(file: { id: string; source: string; filename?: string; contentType?: string; size?: number }): Promise<void>
  /** Serves routes; the actor is whom the header `X-Test-Actor` names. */
  serve(routes: readonly Route[]): (path: string, init?: RequestInit & { actor?: string }) => Promise<Response>
  close(): Promise<void>
}

/**
 * @param options.sql makes the database `data`
 * @param options.config further blocks of the configuration
 */
export async function openTestRoom(options: {
  sql: string
  config?: Readonly<Record<string, unknown>>
}): Promise<TestRoom> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-tables-'))
  const database = new DatabaseSync(join(folder, 'data.db'))
  database.exec(options.sql)
  database.close()
  const { config } = loadConfig({
    env: {},
    cwd: folder,
    databases: ['data.db'],
    ...(options.config && { overrides: options.config }),
  })
  const internal = await openInternalDatabase(join(folder, 'internal.db'))
  const permissions = createPermissions(internal, { rules: config.rules })
  const registry = createRegistry(internal, permissions)
  const urls = createUrls(config.settings.base_url)
  const sources = new Map<string, number>()

  return {
    folder,
    config,
    internal,
    permissions,
    registry,
    urls,
    async addFile({ id, source, filename = 'photo.jpg', contentType = 'image/jpeg', size = 1000 }) {
      const known = sources.get(source)
      const sourceId = known ?? sources.size + 1
      sources.set(source, sourceId)
      await internal.write(async (trx) => {
        if (known === undefined) {
          await trx
            .insertInto('datasette_files_sources')
            .values({
              id: sourceId,
              slug: source,
              storage_type: 'filesystem',
              label: source,
              last_sync_token: null,
              origin: 'configuration',
            })
            .execute()
        }
        await registry.record(trx, {
          uploadId: id,
          fileId: id,
          sourceId,
          sourceSlug: source,
          path: `${id}/${filename}`,
          filename,
          contentType,
          declaredType: null,
          contentHash: `sha256:${'0'.repeat(64)}`,
          size,
          uploadedBy: null,
          facts: contentType.startsWith('image/') ? { width: 640, height: 480 } : {},
        })
      })
    },
    serve(routes) {
      const app = createHttp(routes, {
        urls,
        log: createLog(() => undefined),
        authenticate: async (c): Promise<Actor | null> => {
          const id = c.req.header('X-Test-Actor')
          return id === undefined ? null : { id }
        },
        refuseCrossSite: () => undefined,
        async enforce(need, c) {
          if (need.kind === 'permission') {
            await permissions.demand(c.var.actor, need.action as Action, await need.on(c))
          }
        },
        errorPage: (c, error) => c.html(`<h1>${error.status}</h1>`, error.status as 400),
        contentSecurityPolicy: () => "default-src 'self'",
        theme: () => 'system',
      })
      return async (path, { actor = 'root', ...init } = {}) => {
        const headers = new Headers(init.headers)
        if (actor !== '') headers.set('X-Test-Actor', actor)
        return app.request(`http://holdall.test${path}`, { ...init, headers })
      }
    },
    async close() {
      await internal.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** An id that has the form of a file's. */
export function testFileId(n: number): string {
  return `df-${String(n).padStart(26, '0')}`
}
