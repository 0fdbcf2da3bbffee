import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import type { InternalDatabase } from '../database/internal.ts'
import { HoldallError } from '../web/error.ts'
import type { Log } from '../web/log.ts'
import { createOutgoing } from '../web/outgoing/fetch.ts'
import type { Guard } from '../web/outgoing/guard.ts'
import type { Resource } from '../web/route.ts'
import { broken, type Connection, connect } from './connection.ts'
import { type AbsentStorages, type DeclaredSource, declaredSources } from './declared.ts'
import { createFollowing } from './following.ts'
import { enteredSources, recordSources, type SourceRow } from './rows.ts'
import { type MoreStorages, madeSource } from './runtime.ts'
import type { GetSecret } from './secrets.ts'
import { type Source, sourceOf } from './source.ts'
import type { StorageType } from './storage.ts'

export type { Source } from './source.ts'

/** How often each source is asked whether it is still there, or there again. */
export const PROBE_EVERY_MS = 10_000
/** How often the rows are looked at when nobody asks for anything. */
const FOLLOW_EVERY_MS = 1_000
/** How long whoever asks next waits for a source that is new to say that it is there. */
const SETTLE_MS = 250

/** All sources that files may belong to. */
export interface Sources {
  /** By slug, inactive ones too. */
  list(): readonly Source[]
  /** @throws HoldallError `source_not_found` */
  get(slug: string): Source
  byId(id: number): Source | undefined
  /** Takes up what was made, edited or deactivated since, whichever process wrote it. One statement when nothing was. */
  follow(): Promise<void>
  /** For what says whether a source is there, or all are: each was asked once since the start when this resolves. */
  asked(slug?: string): Promise<void>
  /** Probes every source at once, then keeps asking. Resolves after the first round. */
  start(): Promise<void>
  close(): Promise<void>
}

export interface SourcesOptions {
  readonly database: InternalDatabase
  readonly config: Config
  readonly types: readonly StorageType[]
  /** What is known of storages that are not among `types`. */
  readonly absent?: AbsentStorages
  readonly getSecret: GetSecret
  /** Where the source is that there is when none is configured. */
  readonly dataDirectory: string
  readonly log: Log
  /** Default: one that asks public addresses only. */
  readonly fetch?: typeof fetch
  readonly now?: () => number
  /** For a command beside the server: only sources that the server has entered, and nothing of them is changed. */
  readonly asEntered?: boolean
  /** For a command that only looks: making a storage changes nothing in it. */
  readonly readOnly?: boolean
  /** Storages that are loaded when a source that was made at runtime names them. */
  readonly more?: MoreStorages
  /** For sources that were made at runtime: which addresses their storages may ask. */
  readonly guard?: Guard
  /** Default: PROBE_EVERY_MS. */
  readonly probeEveryMs?: number
  /** Default: LEFT_AFTER_MS. */
  readonly leftAfterMs?: number
}

/** The resource that `files-browse` and `files-upload` are asked for. */
export function sourceResource(slug: string): Resource {
  return { kind: 'source', parent: slug }
}

/**
 * Enters the configured sources in the registry, and follows those that are made while it runs. No storage is touched
 * before `start`, so that a server starts quickly and with whatever is unavailable.
 *
 * @throws ConfigurationError when a source of the configuration names an unknown storage or its `config` is not sound
 */
export async function createSources(options: SourcesOptions): Promise<Sources> {
  const { database, config, getSecret, dataDirectory, log, now = Date.now, readOnly = false, more } = options
  const { fetch = createOutgoing().fetch, guard, probeEveryMs = PROBE_EVERY_MS } = options
  const types = new Map(options.types.map((type) => [type.type, type]))
  const declared = new Map(
    declaredSources(config, types, dataDirectory, options.absent).map((one) => [one.source.slug, one]),
  )
  const context = { getSecret, fetch, log, now, readOnly }
  const entries = new Map<string, Entry>()
  const byId = new Map<number, Source>()
  const retired = new Set<Connection>()
  const timers: NodeJS.Timeout[] = []
  let started = false

  /** Makes `entries` say what the rows say, and resolves with the connections that are new. */
  async function take(rows: readonly SourceRow[]): Promise<Connection[]> {
    const fresh: Connection[] = []
    for (const row of rows) {
      const before = entries.get(row.slug)
      const state = declared.has(row.slug) ? 'declared' : `${row.origin} ${row.active} ${row.revision}`
      if (before?.state === state) continue
      const { declaration, connection } = await meant(row)
      const source = sourceOf(row, declaration, connection, config.settings.max_upload_bytes)
      entries.set(row.slug, { state, source, connection })
      byId.set(row.id, source)
      if (connection !== undefined) fresh.push(connection)
      if (before?.connection !== undefined) retire(before.connection)
    }
    return fresh
  }

  async function meant(row: SourceRow): Promise<{ declaration?: DeclaredSource; connection?: Connection }> {
    const declaration = declared.get(row.slug)
    if (declaration !== undefined) return { declaration, connection: connect(declaration, context) }
    if (row.origin !== 'runtime' || row.active === 0) return {}
    if (!types.has(row.storage_type) && more?.offered.includes(row.storage_type)) {
      const loaded = await more.load(row.storage_type)
      if (loaded !== undefined) types.set(row.storage_type, loaded)
    }
    const made = madeSource(row, types)
    if ('reason' in made) return { connection: broken(made.reason, now) }
    return { declaration: made, connection: connect(made, { ...context, ...(guard && { guard }) }) }
  }

  function retire(connection: Connection): void {
    retired.add(connection)
    connection
      .retire(options.leftAfterMs)
      .catch((error) => log.warn('a storage that was replaced did not close', { error }))
      .finally(() => retired.delete(connection))
  }

  const follow = createFollowing(database, async (rows) => {
    const fresh = await take(rows)
    // A page that is asked for right now says what is there, unless that takes its time.
    if (started) await Promise.race([Promise.all(fresh.map((one) => one.probe())), sleep(SETTLE_MS)])
  })

  function connections(): Connection[] {
    return [...entries.values()].flatMap(({ connection }) => connection ?? [])
  }

  await take(options.asEntered ? await enteredSources(database) : await recordSources(database, [...declared.values()]))

  return {
    list: () => [...entries.values()].map(({ source }) => source).sort((a, b) => (a.slug < b.slug ? -1 : 1)),
    get(slug) {
      const entry = entries.get(slug)
      if (entry === undefined) throw new HoldallError('source_not_found', { source: slug })
      return entry.source
    },
    byId: (id) => byId.get(id),
    follow,
    async asked(slug) {
      const some = slug === undefined ? connections() : [entries.get(slug)?.connection]
      await Promise.all(some.map((connection) => connection?.asked()))
    },
    async start() {
      started = true
      await Promise.all(connections().map((connection) => connection.probe()))
      timers.push(
        setInterval(() => {
          for (const connection of connections()) connection.probe()
        }, probeEveryMs).unref(),
        setInterval(() => {
          follow().catch((error) => log.warn('sources could not be read', { error }))
        }, FOLLOW_EVERY_MS).unref(),
      )
    },
    async close() {
      for (const timer of timers) clearInterval(timer)
      await Promise.all([...connections(), ...retired].map((connection) => connection.close()))
    },
  }
}

interface Entry {
  /** What it was made from; another one makes another connection. */
  readonly state: string
  readonly source: Source
  readonly connection: Connection | undefined
}
