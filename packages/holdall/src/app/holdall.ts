import { setTimeout as sleep } from 'node:timers/promises'
import type { Hono } from 'hono'
import { createAccess } from '../access/access.ts'
import { isLoopbackHost, requestOrigin } from '../access/origin.ts'
import { accessRoutes } from '../access/routes.ts'
import type { Config } from '../config/config.ts'
import { openInternalDatabase } from '../database/internal.ts'
import { allCollections } from '../datasets/collections/rows.ts'
import { parquetLimits } from '../datasets/footer/limits.ts'
import { createDatasets } from '../datasets/room.ts'
import { datasetPurpose } from '../datasets/uploads/purpose.ts'
import { createFiles } from '../files/files.ts'
import { imageLimits } from '../files/limits.ts'
import { filesRoutes, refusedUpload, unseenUpload } from '../files/routes.ts'
import type { Sync } from '../files/sync/sync.ts'
import { everyStorage, type LoadedPlugins, laterStorages, requirePlugins } from '../plugins/load.ts'
import { createKeptSecrets } from '../secrets/kept.ts'
import { createSecrets } from '../secrets/named.ts'
import { resolveServerSecret } from '../secrets/server-secret.ts'
import { killPoint } from '../sources/kill-point.ts'
import { managingRoutes } from '../sources/managing/routes.ts'
import { sourceRoutes } from '../sources/routes.ts'
import { createSources, type Source } from '../sources/sources.ts'
import { createUploads } from '../uploads/engine.ts'
import { leftOpen, leftOpenAmong } from '../uploads/left-open.ts'
import type { PagesLook } from '../uploads/pages.ts'
import { uploadRoutes } from '../uploads/routes.ts'
import { commandLine } from '../web/command-line.ts'
import type { Log } from '../web/log.ts'
import { createOutgoing } from '../web/outgoing/fetch.ts'
import { type Actor, INSTANCE, type Route, type RouteContext, type RouteEnv } from '../web/route.ts'
import { createUrls } from '../web/url.ts'
import { assetRoutes } from './assets.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { openDataDirectory } from './data-directory.ts'
import { cameFrom, errorPage } from './error-page.ts'
import { healthRoute } from './health.ts'
import { createHttp } from './http.ts'
import { createMetrics, metricsRoute } from './metrics.ts'
import { openApiRoute } from './openapi.ts'
import { grantablePlaces } from './places.ts'
import { listen } from './server.ts'
import { storageTypes } from './storage-types.ts'
import { createTables } from './tables.ts'

export interface HoldallOptions {
  readonly config: Config
  /** Those that the configuration names; loaded now unless they were before. */
  readonly plugins?: LoadedPlugins
  /** The data directory. */
  readonly data: string
  /** The internal database, if it is not in the data directory. */
  readonly internal?: string
  /** `--secret` */
  readonly secret?: string
  /** Whether database files that are not there are made. */
  readonly createDatabases?: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** Where it will listen. */
  readonly listen?: { readonly port: number; readonly host: string }
}

/** Everything assembled, without a socket. */
export interface Assembled {
  /** All addresses, with what each needs: what the server answers is made of nothing else. */
  readonly routes: readonly Route[]
  readonly http: Hono<RouteEnv>
  /** The path of a one-time link that signs in as the actor, with `base_url`. */
  createSignInLink(actor: string): Promise<string>
  /** The names of the databases that everybody may see, signed in or not. */
  openDatabases(): Promise<readonly string[]>
  /** Looks at the sources and goes on with uploads that another process left; a second later with everything else. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Makes every room and hands each what it needs of those below. What was opened is closed again if a later one fails. */
export async function assemble(options: HoldallOptions): Promise<Assembled> {
  const { config, env, log } = options
  const closing: (() => unknown)[] = []
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const data = openDataDirectory(options.data, options.internal)
    const urls = createUrls(config.settings.base_url)
    const secret = await resolveServerSecret({ option: options.secret, env, dataDirectory: data.path })
    const database = await openInternalDatabase(data.internalDatabase)
    closing.push(database.close)
    const access = createAccess({
      db: database,
      config,
      secret,
      urls,
      log,
      linkCommand: commandLine(['link', 'NAME'], { data: data.path, config: config.file, internal: options.internal }),
      servesOthers: options.listen !== undefined && !isLoopbackHost(options.listen.host),
      startedBy: env.HOLDALL_STARTED_BY,
    })
    const { permissions } = access

    const before = killPoint(env)
    const outgoing = createOutgoing({ allowPrivate: config.settings.allow_private_hosts })
    closing.push(outgoing.close)
    const builtIn = storageTypes(before)
    const plugins = options.plugins ?? (await requirePlugins(config, { storages: builtIn }))
    const types = [...builtIn, ...plugins.storages]
    const more = laterStorages(config, types)
    const { fetch, guard } = outgoing
    const { getSecret } = createSecrets(env, createKeptSecrets(database, secret))
    const sources = await createSources({
      database,
      config,
      types,
      more,
      absent: plugins.absent,
      getSecret,
      dataDirectory: data.path,
      log,
      fetch,
      guard,
    })
    closing.push(sources.close)
    const files = createFiles({
      database,
      sources,
      permissions,
      urls,
      log,
      dataDirectory: data.path,
      limits: imageLimits(config.settings),
      // Nothing is looked for before everything here is made.
      findUsed: (ids) => tables.findUsed(ids),
      before,
    })
    closing.push(files.close)
    const uploads = createUploads({
      database,
      sources,
      intake: files.intake,
      // Nothing is probed before everything here is made.
      purposes: [
        datasetPurpose({
          database,
          sources,
          limits: parquetLimits(config.settings),
          before,
          probe: (...asked) => datasets.probe(...asked),
          convert: (...asked) => datasets.convert(...asked),
        }),
      ],
      log,
      before,
    })

    const frame = async (c: RouteContext) => {
      const { pathname, search } = new URL(c.req.url)
      return {
        urls,
        actor: c.var.actor,
        theme: c.var.theme,
        path: pathname + search,
        mayManagePeople: c.var.actor !== null && (await permissions.allowed(c.var.actor, 'manage-people', INSTANCE)),
        instance: config.metadata.title,
      }
    }
    const tables = createTables({
      config,
      createMissing: options.createDatabases ?? false,
      database,
      access,
      registry: files.registry,
      findDeleted: files.findDeleted,
      troubles: files.troubles,
      sources,
      uploads,
      urls,
      frame,
      findCollections: (actor) => datasets.findCollections(actor),
      log,
      ...(before && { before }),
    })
    closing.push(tables.close)
    const look: PagesLook = {
      fetch,
      origin: (c) => requestOrigin(c, access.proxy),
      async doctor(slug, origin, actor) {
        // Where the data lies is no matter of everybody who may upload.
        const isTheirs = await permissions.allowed(actor, 'files-manage-sources', INSTANCE)
        const words = ['doctor', slug, '--origin', origin]
        if (!isTheirs) return `holdall ${words.join(' ')}`
        return commandLine(words, { data: data.path, config: config.file, internal: options.internal })
      },
    }
    const datasets = await createDatasets({
      database,
      config,
      sources,
      permissions,
      urls,
      frame,
      once: access.flash,
      origin: look.origin,
      look,
      uploads,
      registry: files.registry,
      secret,
      log,
      dataDirectory: data.path,
      before,
    })
    closing.push(datasets.close)
    // First of all: its steps use all the others.
    closing.push(uploads.close)
    const filesRoom = {
      registry: files.registry,
      thumbnails: files.thumbnails,
      previews: files.previews,
      trash: files.trash,
      findDeleted: files.findDeleted,
      sync: files.sync,
      moves: files.moves,
      sources,
      permissions,
      urls,
      frame,
      findUses: tables.findUses,
      findUsed: tables.findUsed,
      findManyUses: tables.findManyUses,
      findPlaces: tables.findPlaces,
      findRows: tables.findRows,
      besideFile: tables.besideFile,
      findDatasets: datasets.findDatasets,
      countDatasets: datasets.countDatasets,
      whoMay: access.whoMay,
      findLeftOpen: (source: Source, actor: Actor | null) => leftOpen(uploads, source, actor),
      findLeftOpenAmong: (among: readonly Source[], actor: Actor | null) => leftOpenAmong(uploads, among, actor),
      once: access.flash,
    }
    const metrics = createMetrics()
    const routes: Route[] = [
      ...assetRoutes(),
      healthRoute(database, () =>
        sources
          .list()
          .filter(({ active }) => active)
          .map(({ slug, check }) => ({ name: `source ${slug}`, check })),
      ),
      metricsRoute(metrics),
      openApiRoute(() => routes, urls.base),
      ...accessRoutes({
        access,
        frame,
        places: grantablePlaces(tables.databases, sources, tables.fileColumns, () => allCollections(database)),
      }),
      ...sourceRoutes(sources, permissions),
      ...managingRoutes({
        database,
        config,
        types: () => everyStorage(types, more),
        making: { getSecret, fetch, guard, log },
        reserved: [data.path, data.internalDatabase],
        keptIn: (db) => createKeptSecrets(db, secret),
        before,
        sources,
        urls,
        frame,
        once: access.flash,
        permissions,
        origin: (c) => requestOrigin(c, access.proxy),
        doctor: (slug) =>
          commandLine(['doctor', slug], { data: data.path, config: config.file, internal: options.internal }),
        list: (source, by) => listSoon(files.sync, source, by, log),
      }),
      ...uploadRoutes({
        uploads,
        sources,
        urls,
        secret,
        origin: look.origin,
        look,
        refusedPage: refusedUpload(filesRoom),
        unseenPage: unseenUpload(filesRoom),
      }),
      ...filesRoutes(filesRoom),
      ...datasets.routes,
      ...tables.routes,
    ]
    const http = createHttp(routes, {
      urls,
      log,
      async authenticate(c) {
        // What another process has made or deactivated holds at the next request, as grants do.
        await sources.follow()
        return await access.authenticate(c)
      },
      refuseCrossSite: access.refuseCrossSite,
      enforce: access.enforce,
      theme: access.theme,
      contentSecurityPolicy: () => contentSecurityPolicy(sources.list().flatMap(({ origins }) => origins)),
      errorPage: async (c, error) => {
        const from = cameFrom({ method: c.req.method, url: c.req.url, referer: c.req.header('Referer') })
        return c.html(await errorPage(await frame(c), error, c.var.requestId, from), error.status as 400)
      },
      onAnswer: (c, milliseconds) => metrics.answered(c.req.method, c.res.status, milliseconds / 1000),
    })
    return {
      routes,
      http,
      createSignInLink: async (actor) => (await access.createSignInLink(actor, null)).path,
      async openDatabases() {
        const all = tables.databases.all.map(({ name }) => ({ kind: 'database', parent: name }) as const)
        return (await permissions.among(null, 'view-database', all)).flatMap(({ parent }) => parent ?? [])
      },
      async start() {
        await uploads.start()
        // What waits for days can wait until the first answers are given: it takes processors, and locks the database.
        const upkeep = setTimeout(() => {
          files.start()
          datasets.start()
        }, UPKEEP_AFTER_MS)
        closing.push(() => clearTimeout(upkeep))
        sources.start().catch((error) => log.error('sources could not be probed', { error }))
        tables.start().catch((error) => log.error('runs of attached files could not be settled', { error }))
      },
      close: closeAll,
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

const UPKEEP_AFTER_MS = 1_000
/** A small folder is listed by the time that its page is there; whoever has made a large one need not wait. */
const LISTED_SOON_MS = 1_000

async function listSoon(sync: Sync, source: Source, by: string | null, log: Log): Promise<void> {
  try {
    const { ended } = await sync.begin(source, by)
    await Promise.race([ended, sleep(LISTED_SOON_MS)])
  } catch (error) {
    // The source is made; what looks after syncs tries again.
    log.warn('a new source could not be synced yet', { source: source.slug, error })
  }
}

/** A server that listens. */
export interface Holdall {
  /** Scheme, host, port and `base_url`. */
  readonly url: string
  /** The whole address of a one-time link that signs in as the actor. */
  createSignInLink(actor: string): Promise<string>
  openDatabases(): Promise<readonly string[]>
  close(): Promise<void>
}

/** @throws HoldallError and ConfigurationError before anything listens, or the system's error when it cannot listen */
export async function startHoldall(
  options: HoldallOptions & { readonly listen: { readonly port: number; readonly host: string } },
): Promise<Holdall> {
  const assembled = await assemble(options)
  try {
    await assembled.start()
    const server = await listen(assembled.http.fetch, options.listen)
    const host = server.host.includes(':') ? `[${server.host}]` : server.host
    const origin = `http://${host === '0.0.0.0' || host === '[::]' ? 'localhost' : host}:${server.port}`
    return {
      url: origin + options.config.settings.base_url,
      createSignInLink: async (actor) => origin + (await assembled.createSignInLink(actor)),
      openDatabases: assembled.openDatabases,
      async close() {
        await server.close()
        await assembled.close()
      },
    }
  } catch (error) {
    await assembled.close()
    throw error
  }
}
