import type { Config } from '../../config/config.ts'
import type { InternalDatabase } from '../../database/internal.ts'
import type { KeptSecrets } from '../../secrets/kept.ts'
import { HoldallError } from '../../web/error.ts'
import type { BeforeIo } from '../filesystem/io.ts'
import type { MakingContext } from '../making.ts'
import { SOURCE_COLUMNS, type SourceRow } from '../rows.ts'
import { writtenOf } from '../runtime.ts'
import { withSecrets } from '../secrets.ts'
import type { StorageType } from '../storage.ts'
import { SETTING_KEYS, type WrittenSource } from '../written.ts'
import { findNeighbours, type Neighbour } from './neighbours.ts'
import { missingSecrets, nameSecrets, type SecretToKeep } from './secrets.ts'
import { type Trial, tryOut } from './trial.ts'
import { invalid, type Sound, soundSource, type Wanted } from './wanted.ts'

export interface ManagingOptions {
  readonly database: InternalDatabase
  readonly config: Pick<Config, 'file' | 'sources' | 'settings'>
  /** Every storage that a source may be of. */
  readonly types: () => Promise<readonly StorageType[]>
  /** As the server makes the storages of such sources. */
  readonly making: MakingContext
  /** Absolute paths that the server keeps for itself: no folder that holds one becomes a source. */
  readonly reserved: readonly string[]
  /** The kept secrets, read and written through what is given. */
  readonly keptIn: (db: Pick<InternalDatabase, 'read' | 'write'>) => KeptSecrets
  /** Told each write before it is made; a test ends the process there. */
  readonly before?: BeforeIo | undefined
}

/** What a source would be, found to work. */
export interface Tried {
  /** `undefined` where there is nothing to look at yet: the folder is still to be made. */
  readonly trial: Trial | undefined
  /** Sources that have the same files already, or some of them. */
  readonly neighbours: readonly Neighbour[]
}

/** Sources that are made, edited, deactivated and activated at runtime: rows, which every process follows. */
export interface Managing {
  row(slug: string): Promise<SourceRow | undefined>
  /** Changes nothing. @param origin as `tryOut` of a trial @throws HoldallError `source_invalid` */
  tryOut(wanted: Wanted, origin?: string): Promise<Tried>
  /** @throws HoldallError `source_invalid`, `source_exists`, `source_declared` */
  create(wanted: Wanted, by: string | null): Promise<SourceRow>
  /**
   * @param revision the one that was shown to whoever edits; undefined overwrites whatever there is
   * @throws HoldallError `source_invalid`, `source_not_found`, `source_declared`, `source_edited`
   */
  edit(wanted: Wanted, revision?: number): Promise<SourceRow>
  /** @throws HoldallError `source_not_found`, `source_declared` */
  setActive(slug: string, active: boolean): Promise<SourceRow>
}

export function createManaging(options: ManagingOptions): Managing {
  const { database, config, types, making, reserved, keptIn, before = () => {} } = options

  async function row(slug: string): Promise<SourceRow | undefined> {
    return await database.read
      .selectFrom('datasette_files_sources')
      .select(SOURCE_COLUMNS)
      .where('slug', '=', slug)
      .executeTakeFirst()
  }

  /** Only what was made here is changed here. */
  async function ownRow(slug: string): Promise<SourceRow> {
    const found = await row(slug)
    if (found === undefined) throw new HoldallError('source_not_found', { source: slug })
    if (found.origin !== 'runtime') throw declaredElsewhere(slug)
    return found
  }

  function declaredElsewhere(slug: string): HoldallError {
    return new HoldallError('source_declared', { source: slug, file: config.file ?? 'the configuration' })
  }

  interface Prepared extends Sound {
    readonly written: WrittenSource
    readonly secrets: readonly SecretToKeep[]
    /** Whether something is missing that may be made. */
    readonly isMissing: boolean
  }

  async function prepare(wanted: Wanted): Promise<Prepared> {
    const { written, secrets } = await nameSecrets(wanted.slug, wanted.written, wanted.values, making.getSecret)
    const sound = soundSource({ ...wanted, written }, await types())
    const { type } = sound.declared
    // As it was written: the configuration's reader has made a relative path absolute by then.
    const parsed = type.config.parse(withSecrets(written.config, (name) => name))
    let isMissing = false
    let objections = (await type.adopting?.objections?.(parsed, { reserved, mayMake: false })) ?? []
    if (wanted.make && objections.some(({ canBeMade }) => canBeMade)) {
      isMissing = true
      objections = (await type.adopting?.objections?.(parsed, { reserved, mayMake: true })) ?? []
    }
    if (objections.length > 0) {
      throw invalid(new Map(objections.map(({ key, message }) => [`config.${key}`, message])), {
        canBeMade: objections.some(({ canBeMade }) => canBeMade),
      })
    }
    return { ...sound, written, secrets, isMissing }
  }

  /** Asks the storage, with the values of secrets that are not kept yet. */
  async function ask({ declared, secrets }: Prepared, origin?: string): Promise<Trial> {
    const given = new Map(secrets.map(({ name, value }) => [name, value]))
    const getSecret = async (name: string) => given.get(name) ?? (await making.getSecret(name))
    const missing = await missingSecrets(declared, getSecret)
    if (missing.size > 0) throw invalid(missing)
    return await tryOut(declared, { ...making, getSecret }, origin)
  }

  async function neighboursOf(slug: string, { declared: { source, type } }: Prepared): Promise<Neighbour[]> {
    const rows = await database.read
      .selectFrom('datasette_files_sources')
      .select(SOURCE_COLUMNS)
      .where('origin', '=', 'runtime')
      .where('active', '=', 1)
      .where('storage_type', '=', type.type)
      .execute()
    const described = { slug, config: type.config.parse(withSecrets(source.config, (name) => name)) }
    return await findNeighbours(type, described, { declared: Object.values(config.sources), rows })
  }

  async function makeReady(prepared: Prepared): Promise<void> {
    const { source, type } = prepared.declared
    if (prepared.isMissing) {
      await type.adopting?.prepare?.(type.config.parse(withSecrets(source.config, (name) => name)))
    }
    await ask(prepared)
  }

  function columnsOf({ written, allow, declared }: Prepared) {
    const settings = SETTING_KEYS.flatMap((key) => (written[key] === undefined ? [] : [[key, written[key]]]))
    return {
      label: declared.source.label || null,
      config: JSON.stringify(written.config ?? {}),
      settings: JSON.stringify(Object.fromEntries(settings)),
      allow: JSON.stringify(allow),
    }
  }

  async function keep(trx: Parameters<Parameters<InternalDatabase['write']>[0]>[0], secrets: Prepared['secrets']) {
    // In the same transaction as the row: neither is there without the other.
    const kept = keptIn({ read: database.read, write: (work) => work(trx) })
    for (const { name, value } of secrets) await kept.set(name, value)
  }

  return {
    row,

    async tryOut(wanted, origin) {
      const prepared = await prepare(wanted)
      const trial = prepared.isMissing ? undefined : await ask(prepared, origin)
      return { trial, neighbours: await neighboursOf(wanted.slug, prepared) }
    },

    async create(wanted, by) {
      const { slug } = wanted
      if (Object.hasOwn(config.sources, slug)) throw declaredElsewhere(slug)
      if ((await row(slug)) !== undefined) throw exists(slug)
      const prepared = await prepare(wanted)
      await makeReady(prepared)
      before('make source')
      return await database.write(async (trx) => {
        const made = await trx
          .insertInto('datasette_files_sources')
          .values({
            slug,
            storage_type: prepared.declared.source.storage,
            origin: 'runtime',
            created_by: by,
            ...columnsOf(prepared),
          })
          .onConflict((conflict) => conflict.doNothing())
          .returning(SOURCE_COLUMNS)
          .executeTakeFirst()
        if (made === undefined) throw exists(slug)
        await keep(trx, prepared.secrets)
        return made
      })
    },

    async edit(wanted, revision) {
      const was = await ownRow(wanted.slug)
      if (wanted.written.storage !== was.storage_type) {
        throw invalid(
          new Map([['storage', 'A source stays in its storage: its files are there. Make another source.']]),
        )
      }
      if (revision !== undefined && revision !== was.revision) throw new HoldallError('source_edited')
      const prepared = await prepare(wanted)
      const columns = columnsOf(prepared)
      const isElsewhere = columns.config !== JSON.stringify(writtenOf(was).config ?? {})
      if (isElsewhere || prepared.secrets.length > 0) await makeReady(prepared)
      before('edit source')
      return await database.write(async (trx) => {
        const changed = await trx
          .updateTable('datasette_files_sources')
          .set({ ...columns, updated_at: new Date().toISOString(), revision: was.revision + 1 })
          .where('slug', '=', wanted.slug)
          .where('origin', '=', 'runtime')
          .where('revision', '=', was.revision)
          .returning(SOURCE_COLUMNS)
          .executeTakeFirst()
        if (changed === undefined) throw new HoldallError('source_edited')
        await keep(trx, prepared.secrets)
        return changed
      })
    },

    async setActive(slug, active) {
      await ownRow(slug)
      before(active ? 'activate source' : 'deactivate source')
      const changed = await database.write((trx) =>
        trx
          .updateTable('datasette_files_sources')
          .set({ active: active ? 1 : 0, updated_at: new Date().toISOString() })
          .where('slug', '=', slug)
          .where('origin', '=', 'runtime')
          .returning(SOURCE_COLUMNS)
          .executeTakeFirst(),
      )
      return changed ?? (await ownRow(slug))
    },
  }
}

function exists(slug: string): HoldallError {
  const { message } = new HoldallError('source_exists', { source: slug })
  return new HoldallError('source_exists', { source: slug }, { fields: { slug: message } })
}
