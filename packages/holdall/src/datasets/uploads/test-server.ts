import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttp } from '../../app/http.ts'
import { createOpenApiCheck, type Exchange } from '../../app/openapi-check.ts'
import { listen } from '../../app/server.ts'
import { loadConfig } from '../../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../../database/internal.ts'
import { createFiles } from '../../files/files.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import { TEMPORARY_FOLDER } from '../../sources/filesystem/root.ts'
import { filesystemType } from '../../sources/filesystem/storage.ts'
import { createSources, type Sources } from '../../sources/sources.ts'
import type { StorageType } from '../../sources/storage.ts'
import { createUploads, type Uploads } from '../../uploads/engine.ts'
import { createInternalStore } from '../../uploads/internal-store.ts'
import { uploadRoutes } from '../../uploads/routes.ts'
import type { SessionStore } from '../../uploads/session-store.ts'
import { everythingIn } from '../../uploads/test-folder.ts'
import { HoldallError } from '../../web/error.ts'
import { createLog } from '../../web/log.ts'
import type { RouteContext } from '../../web/route.ts'
import { createUrls } from '../../web/url.ts'
import { recordCollections } from '../collections/rows.ts'
import { createConverter } from '../convert/converter.ts'
import { createDuckDbEngine } from '../engine/engine.ts'
import type { ParquetLimits } from '../footer/limits.ts'
import { ORGANIZATION } from '../testing.ts'
import { createConvertObject } from './convert.ts'
import { createProbe } from './probe.ts'
import { datasetPurpose } from './purpose.ts'
import { datasetUploadRoutes } from './routes.ts'

export const OTHER_ORGANIZATION = '11111111-2222-4333-8444-555555555555'

/** A real server with the routes of uploads alone. `X-User-Token: NAME` is who asks; `nobody` may nothing, `reader` look. */
export interface TestServer {
  readonly url: string
  readonly folder: string
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly uploads: Uploads
  readonly logged: string[]
  /** Relative paths of the files in the source's folder, temporary ones too. */
  stored(): Promise<string[]>
  /** Holds what was answered to the OpenAPI document. */
  check(exchange: Exchange): void
  /** The first time: a test closes what it opened however it ends. */
  close(keep?: 'keep'): Promise<void>
}

export interface TestServerOptions {
  readonly folder?: string
  /** Of the collection `medicaid`. @default 'files' */
  readonly source?: string
  readonly sources?: object
  readonly types?: readonly StorageType[]
  readonly limits?: ParquetLimits
  readonly before?: BeforeIo
  readonly now?: () => number
  /** Where sessions live. @default the internal database as it is */
  readonly storeOf?: (internal: SessionStore) => SessionStore
  readonly maxOpen?: number
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'holdall-dataset-uploads-')))
  const { before, now, limits, maxOpen, storeOf, source = 'files' } = options
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  const logged: string[] = []
  const log = createLog((line) => logged.push(line))
  const sources = await createSources({
    database,
    config: loadConfig({ env: {}, cwd: folder, overrides: { sources: options.sources ?? {} } }).config,
    types: [filesystemType(before && { before }), ...(options.types ?? [])],
    getSecret: async () => undefined,
    dataDirectory: folder,
    log,
  })
  await recordCollections(database, [
    { organization: ORGANIZATION, id: 'medicaid', source },
    { organization: ORGANIZATION, id: 'other', source },
    { organization: OTHER_ORGANIZATION, id: 'medicaid', source },
  ])
  const urls = createUrls('/')
  const engine = createDuckDbEngine({ folder: join(folder, 'queries'), log })
  const probe = createProbe({ engine, folder: join(folder, 'probes') })
  const converter = createConverter({ folder: join(folder, 'conversions'), log })
  const convert = createConvertObject(converter, join(folder, 'conversions', 'copies'))
  const files = createFiles({
    database,
    sources,
    permissions: { allowed: async () => true, demand: async () => {} } as never,
    urls,
    log,
    dataDirectory: folder,
  })
  const uploads = createUploads({
    database,
    sources,
    intake: files.intake,
    ...(storeOf && { store: storeOf(createInternalStore(database)) }),
    purposes: [
      datasetPurpose({
        database,
        sources,
        probe,
        convert,
        ...(limits && { limits }),
        before,
        ...(now && { now }),
      }),
    ],
    log,
    ...(before && { before }),
    ...(now && { now }),
  })
  const origin = (c: RouteContext) => new URL(c.req.url).origin
  const look = { fetch, origin, doctor: async (slug: string) => `holdall doctor ${slug}` }
  const shared = { uploads, sources, urls, secret: 'test', origin, look, ...(now && { now }) }
  const routes = [
    ...uploadRoutes(shared),
    ...datasetUploadRoutes({ ...shared, database, ...(maxOpen !== undefined && { maxOpen }) }),
  ]
  const { check } = createOpenApiCheck(routes)
  const http = createHttp(routes, {
    urls,
    log,
    authenticate: async (c) => {
      const bearer = c.req.header('Authorization')?.replace(/^Bearer /, '')
      const id = bearer ?? c.req.header('X-User-Token')
      return id === undefined ? null : { id }
    },
    refuseCrossSite: () => {},
    enforce: async (need, c) => {
      if (need.kind !== 'permission') return
      const { action } = need
      const id = c.var.actor?.id
      if (id === undefined) throw new HoldallError('sign_in_required', { action })
      if (id === 'nobody' || (id === 'reader' && action !== 'view-collection')) {
        throw new HoldallError('permission_denied', { action, resource: (await need.on(c)).parent })
      }
    },
    errorPage: (c, error) => c.html(`<p>${error.code}</p>`, error.status as 400),
    contentSecurityPolicy: () => "default-src 'none'",
    theme: () => 'light',
  })
  const server = await listen(http.fetch, { host: '127.0.0.1', port: 0 })
  let closed = false
  await sources.start()
  await uploads.start()
  return {
    url: `http://127.0.0.1:${server.port}`,
    folder,
    database,
    sources,
    uploads,
    logged,
    check,
    async stored() {
      const root = join(folder, 'files')
      const entries = await everythingIn(root)
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .filter((path) => path !== TEMPORARY_FOLDER)
        .sort()
    },
    async close(keep) {
      if (closed) return
      closed = true
      await server.close()
      await uploads.close()
      await files.close()
      await converter.close()
      await engine.close()
      await sources.close()
      await database.close()
      if (keep === undefined) await rm(folder, { recursive: true })
    },
  }
}
