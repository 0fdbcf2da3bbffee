import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttp } from '../app/http.ts'
import { listen } from '../app/server.ts'
import { loadConfig } from '../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import { TEMPORARY_FOLDER } from '../sources/filesystem/root.ts'
import { filesystemType } from '../sources/filesystem/storage.ts'
import { createSources, type Sources } from '../sources/sources.ts'
import type { StorageType } from '../sources/storage.ts'
import { HoldallError } from '../web/error.ts'
import { createLog } from '../web/log.ts'
import type { RouteContext } from '../web/route.ts'
import { createUrls } from '../web/url.ts'
import { createUploads, type Uploads } from './engine.ts'
import type { FileIntake } from './inspection.ts'
import { uploadRoutes } from './routes.ts'
import { everythingIn } from './test-folder.ts'

/** A real server with the upload routes alone. `Authorization: NAME` is who asks; `nobody` may not upload. */
export interface TestServer {
  readonly url: string
  readonly folder: string
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly uploads: Uploads
  readonly logged: string[]
  /** Relative paths of everything stored in the source's folder, temporary files too. */
  stored(root?: string): Promise<string[]>
  /** The first time: a test closes what it opened however it ends. */
  close(keep?: 'keep'): Promise<void>
}

export interface TestServerOptions {
  readonly folder?: string
  readonly sources?: object
  readonly settings?: object
  readonly intake?: Partial<FileIntake>
  readonly before?: BeforeIo
  readonly now?: () => number
  /** Storages beside the filesystem. */
  readonly types?: readonly StorageType[]
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'holdall-uploads-')))
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  const logged: string[] = []
  const log = createLog((line) => logged.push(line))
  const { before, now } = options
  const sources = await createSources({
    database,
    config: loadConfig({
      env: {},
      cwd: folder,
      overrides: { sources: options.sources ?? {}, settings: options.settings ?? {} },
    }).config,
    types: [filesystemType(before && { before }), ...(options.types ?? [])],
    getSecret: async () => undefined,
    dataDirectory: folder,
    log,
  })
  const uploads = createUploads({
    database,
    sources,
    intake: { ...plainIntake(database), ...options.intake },
    log,
    ...(before && { before }),
    ...(now && { now }),
  })
  const urls = createUrls('/')
  const origin = (c: RouteContext) => new URL(c.req.url).origin
  const look = {
    fetch,
    origin,
    doctor: async (slug: string, from: string) => `holdall doctor ${slug} --origin ${from}`,
  }
  const http = createHttp(uploadRoutes({ uploads, sources, urls, secret: 'test', origin, look, ...(now && { now }) }), {
    urls,
    log,
    authenticate: async (c) => {
      const id = c.req.header('Authorization')
      return id === undefined ? null : { id }
    },
    refuseCrossSite: () => {},
    enforce: async (need, c) => {
      if (need.kind === 'capability') return
      if (c.var.actor === null) throw new HoldallError('sign_in_required', { action: 'files-upload' })
      if (c.var.actor.id === 'nobody') {
        throw new HoldallError('permission_denied', { action: 'files-upload', resource: 'source' })
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
    async stored(root = join(folder, 'files')) {
      const entries = await everythingIn(root)
      return entries
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .filter((path) => path !== TEMPORARY_FOLDER)
        .sort()
    },
    async close(keep) {
      if (closed) return
      closed = true
      await server.close()
      await uploads.close()
      await sources.close()
      await database.close()
      if (keep === undefined) await rm(folder, { recursive: true })
    },
  }
}

/** Knows three kinds of bytes, and enters files in the registry: as much as this room needs of the one above. */
function plainIntake(database: InternalDatabase): FileIntake {
  return {
    sniff({ head, declaredType }) {
      const start = Buffer.from(head.subarray(0, 8)).toString('latin1')
      const contentType = start.startsWith('\x89PNG')
        ? 'image/png'
        : start.startsWith('%PDF')
          ? 'application/pdf'
          : 'text/plain'
      return { contentType, contradicts: ![undefined, 'application/octet-stream', contentType].includes(declaredType) }
    },
    inspect: async ({ size }) => ({ metadata: { looked: size } }),
    async record(upload) {
      const values = {
        id: upload.fileId,
        source_id: upload.sourceId,
        path: upload.path,
        filename: upload.filename,
        content_type: upload.contentType,
        declared_type: upload.declaredType,
        content_hash: upload.contentHash,
        size: upload.size,
        uploaded_by: upload.uploadedBy,
        metadata: JSON.stringify(upload.facts.metadata ?? {}),
      }
      await database.write((trx) =>
        trx
          .insertInto('datasette_files')
          .values(values)
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute(),
      )
    },
    describe: async (id) =>
      await database.read.selectFrom('datasette_files').selectAll().where('id', '=', id).executeTakeFirst(),
  }
}
