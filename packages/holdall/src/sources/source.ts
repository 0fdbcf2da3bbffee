import type { SyncConfig } from '../config/config.ts'
import type { HashConfig } from '../config/sources.ts'
import { HoldallError } from '../web/error.ts'
import { type Capabilities, capabilitiesOf, NO_CAPABILITIES } from './capabilities.ts'
import type { Availability, Connection } from './connection.ts'
import type { DeclaredSource } from './declared.ts'
import type { SourceRow } from './rows.ts'
import type { Storage } from './storage.ts'
import type { SourceRules } from './validation.ts'

/** A configured connection to a storage: the unit of administration and of permissions. */
export interface Source {
  /** Of its row in the registry. */
  readonly id: number
  readonly slug: string
  /** What people read; the slug when nobody gave it a label. */
  readonly label: string
  readonly storageType: string
  readonly origin: 'configuration' | 'default' | 'runtime'
  /** `false` when it was deactivated or has left the configuration: its files are listed as unavailable. */
  readonly active: boolean
  /** As the last probe found it. */
  readonly availability: Availability
  readonly capabilities: Capabilities
  /** The origins that pages must be allowed to reach: where its files are sent to and come from without this server. */
  readonly origins: readonly string[]
  readonly rules: SourceRules
  /** Whether the position stays in the facts of a photo. */
  readonly keepGps: boolean
  /** Whether a sync lists what systems keep for themselves, such as `.DS_Store`. */
  readonly keepSystemFiles: boolean
  /** Bytes: files up to this size get their hash by being read again, when their bytes did not pass through here. */
  readonly hashUpTo: number
  /** When the registry follows what lies there. */
  readonly sync: SyncConfig
  /** @throws HoldallError `source_inactive`, or `source_unavailable` while the storage could not be made */
  storage(): Promise<Storage>
  /** Asks the storage now. @throws HoldallError `source_inactive`, `source_unavailable` */
  check(): Promise<void>
}

/** @param declared what it is, where that can be read */
export function sourceOf(
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
    keepSystemFiles: declared?.source.keepSystemFiles ?? false,
    hashUpTo: hashUpTo(declared),
    sync: declared?.source.sync ?? { when: row.origin === 'configuration' ? 'start' : 'manual' },
    get availability() {
      return connection?.availability ?? (row.origin === 'runtime' ? DEACTIVATED : GONE)
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

const DEACTIVATED: Availability = {
  available: false,
  reason: 'it is deactivated',
  since: new Date(0),
}

/** Whether files can be put there at all; of one that cannot be reached nobody knows, so it counts. */
export function takesFiles({ capabilities, availability }: Pick<Source, 'capabilities' | 'availability'>): boolean {
  return capabilities.can_upload || !availability.available
}
