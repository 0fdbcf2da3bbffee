import type { Config, SyncConfig } from '../config/config.ts'
import type { HashConfig } from '../config/sources.ts'
import type { InternalDatabase } from '../database/internal.ts'
import { HoldallError } from '../web/error.ts'
import type { Log } from '../web/log.ts'
import { createOutgoing } from '../web/outgoing/fetch.ts'
import type { Resource } from '../web/route.ts'
import { type Capabilities, capabilitiesOf, NO_CAPABILITIES } from './capabilities.ts'
import { type Availability, type Connection, connect } from './connection.ts'
import { type AbsentStorages, type DeclaredSource, declaredSources } from './declared.ts'
import { enteredSources, recordSources, type SourceRow } from './rows.ts'
import type { GetSecret } from './secrets.ts'
import type { Storage, StorageType } from './storage.ts'
import type { SourceRules } from './validation.ts'

/** How often each source is asked whether it is still there, or there again. */
export const PROBE_EVERY_MS = 10_000

/** A configured connection to a storage: the unit of administration and of permissions. */
export interface Source {
  /** Of its row in the registry. */
  readonly id: number
  readonly slug: string
  /** What people read; the slug when nobody gave it a label. */
  readonly label: string
  readonly storageType: string
  readonly origin: 'configuration' | 'default' | 'runtime'
  /** `false` when it has left the configuration: its files are listed as unavailable. */
  readonly active: boolean
  /** As the last probe found it. */
  readonly availability: Availability
  readonly capabilities: Capabilities
  /** The origins that pages must be allowed to reach: where its files are sent to and come from without this server. */
  readonly origins: readonly string[]
  readonly rules: SourceRules
  /** Whether the position stays in the facts of a photo. */
  readonly keepGps: boolean
  /** Bytes: files up to this size get their hash by being read again, when their bytes did not pass through here. */
  readonly hashUpTo: number
  /** When the registry follows what lies there. */
  readonly sync: SyncConfig
  /** @throws HoldallError `source_inactive`, or `source_unavailable` while the storage could not be made */
  storage(): Promise<Storage>
  /** Asks the storage now. @throws HoldallError `source_inactive`, `source_unavailable` */
  check(): Promise<void>
}

/** All sources that files may belong to. */
export interface Sources {
  /** By slug, inactive ones too. */
  list(): readonly Source[]
  /** @throws HoldallError `source_not_found` */
  get(slug: string): Source
  byId(id: number): Source | undefined
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
  /** Default: PROBE_EVERY_MS. */
  readonly probeEveryMs?: number
}

/** The resource that `files-browse` and `files-upload` are asked for. */
export function sourceResource(slug: string): Resource {
  return { kind: 'source', parent: slug }
}

/**
 * Enters the configured sources in the registry. No storage is touched before `start`, so that a server starts quickly
 * and with whatever is unavailable.
 *
 * @throws ConfigurationError when a source names an unknown storage or its `config` is not sound
 */
export async function createSources(options: SourcesOptions): Promise<Sources> {
  const {
    database,
    config,
    getSecret,
    dataDirectory,
    log,
    fetch = createOutgoing().fetch,
    now = Date.now,
    readOnly = false,
    probeEveryMs = PROBE_EVERY_MS,
  } = options
  const types = new Map(options.types.map((type) => [type.type, type]))
  const declared = new Map(
    declaredSources(config, types, dataDirectory, options.absent).map((one) => [one.source.slug, one]),
  )
  const connections = new Map<string, Connection>()
  const sources = new Map<string, Source>()
  const rows = options.asEntered
    ? await enteredSources(database)
    : await recordSources(database, [...declared.values()])
  for (const row of rows) {
    const declaration = declared.get(row.slug)
    const connection = declaration && connect(declaration, { getSecret, fetch, log, now, readOnly })
    if (connection) connections.set(row.slug, connection)
    sources.set(row.slug, sourceOf(row, declaration, connection, config.settings.max_upload_bytes))
  }
  const byId = new Map([...sources.values()].map((source) => [source.id, source]))
  let timer: NodeJS.Timeout | undefined

  return {
    list: () => [...sources.values()],
    get(slug) {
      const source = sources.get(slug)
      if (source === undefined) throw new HoldallError('source_not_found', { source: slug })
      return source
    },
    byId: (id) => byId.get(id),
    async start() {
      await Promise.all([...connections.values()].map((connection) => connection.probe()))
      timer = setInterval(() => {
        for (const connection of connections.values()) connection.probe()
      }, probeEveryMs)
      timer.unref()
    },
    async close() {
      clearInterval(timer)
      await Promise.all([...connections.values()].map((connection) => connection.close()))
    },
  }
}

function sourceOf(
  row: SourceRow,
  declared: DeclaredSource | undefined,
  connection: Connection | undefined,
  serverLimit: number,
): Source {
  const { slug } = row

  function unavailable(): HoldallError {
    const found = connection?.availability
    if (connection === undefined) return new HoldallError('source_inactive', { source: slug })
    return new HoldallError('source_unavailable', {
      source: slug,
      reason: found?.available === false ? found.reason : '',
    })
  }

  return {
    id: row.id,
    slug,
    label: row.label ?? slug,
    storageType: row.storage_type,
    origin: row.origin,
    active: connection !== undefined,
    keepGps: declared?.source.keepGps ?? false,
    hashUpTo: hashUpTo(declared),
    sync: declared?.source.sync ?? { when: row.origin === 'default' ? 'manual' : 'start' },
    get availability() {
      return connection?.availability ?? GONE
    },
    get capabilities() {
      return connection?.storage === undefined ? NO_CAPABILITIES : capabilitiesOf(connection.storage)
    },
    get origins() {
      return connection?.storage?.origins ?? []
    },
    get rules() {
      const limits = [serverLimit, declared?.source.maxFileSize, connection?.storage?.maxFileSize]
      return {
        accept: declared?.source.accept ?? [],
        reject: declared?.source.reject ?? [],
        maxFileSize: Math.min(...limits.filter((limit) => limit !== undefined)),
        onTypeMismatch: declared?.source.onTypeMismatch ?? 'record',
      }
    },
    async storage() {
      const storage = await connection?.ready()
      if (storage === undefined) throw unavailable()
      return storage
    },
    async check() {
      const found = await connection?.probe()
      if (found?.available !== true) throw unavailable()
    },
  }
}

function hashUpTo(declared: DeclaredSource | undefined): number {
  const hash: HashConfig = declared?.source.hash ?? {
    when: declared?.type.hashUnasked === false ? 'none' : 'background',
  }
  if (hash.when === 'up-to') return hash.bytes
  return hash.when === 'none' ? -1 : Number.POSITIVE_INFINITY
}

const GONE: Availability = {
  available: false,
  reason: 'it is no longer configured',
  since: new Date(0),
}
