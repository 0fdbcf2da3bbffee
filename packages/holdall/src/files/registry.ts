import { CompiledQuery, sql, type Transaction } from 'kysely'
import type { Permissions } from '../access/permissions.ts'
import type { InternalDatabase } from '../database/internal.ts'
import type { Schema } from '../database/schema.ts'
import type { FinishedUpload } from '../uploads/inspection.ts'
import type { Actor } from '../web/route.ts'
import type { Urls } from '../web/url.ts'
import { replacedMetadata } from './background/metadata.ts'
import { enqueueWork, type WorkKind } from './background/queue.ts'
import { countToRead, type ToRead } from './background/to-read.ts'
import { createDoubles, type Doubles } from './doubles/list.ts'
import { walkFiles } from './list.ts'
import { type Readability, readabilityOf } from './readability.ts'
import { FILE_ID, type FileBrief, type FileRecord, UNKNOWN_TYPE } from './record.ts'
import { asObject, FILE_COLUMNS_SQL, type FileRow, toRecord } from './rows.ts'
import { createExcerpts, type FindExcerpts } from './search/excerpts.ts'
import type { FileList, FileQuestion } from './search/file-list.ts'
import { createFind } from './search/find.ts'
import { type Folders, foldersIn } from './search/folders.ts'
import { placesOfKind } from './search/found.ts'
import type { Kind } from './search/kinds.ts'
import { createNeighbours, type FindNeighbours } from './search/neighbours.ts'
import { countMissing, isReadingWhole } from './search/states.ts'
import { createTokenizer } from './search/tokens.ts'
import {
  copyDescriptions,
  type DescribedSuccession,
  describedAmong,
  type Succession,
  takeOutDescriptions,
} from './succession.ts'
import { createSummaries } from './summaries.ts'

export const MAX_BATCH = 1_000
/** A file that is here more often than this shows that many of its copies. */
export const MAX_DUPLICATES = 50

export interface SourceTotals {
  readonly files: number
  /** Bytes of all files whose size is known. */
  readonly bytes: number
  /** How many of them have a hash, by which their doubles are known. */
  readonly hashed: number
}

export type FileAmount = Pick<FileBrief, 'id' | 'size'>

/** What may be changed of a file. `undefined` leaves the value as it is. */
export interface FileChanges {
  readonly filename?: string
  readonly searchText?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Every file that Holdall knows, whatever its source; the bytes themselves are in the sources' storages. */
export interface Registry {
  byId(id: string): Promise<FileRecord | undefined>
  /** At most `MAX_BATCH` ids in one query; ids that are none, or of no file, are absent. */
  byIds(ids: Iterable<string>): Promise<Map<string, FileRecord>>
  /** Those of the files that the actor may browse: one query, and one permission check for each source among them. */
  visible(actor: Actor | null, ids: Iterable<string>): Promise<Map<string, FileRecord>>
  /** As `visible`, with only what a cell shows: the text of a hundred documents stays where it is. */
  briefs(actor: Actor | null, ids: Iterable<string>): Promise<Map<string, FileBrief>>
  /** The same files as the members of a JSON object, in the form of `batch.json`. */
  summaries(actor: Actor | null, ids: Iterable<string>, urls: Pick<Urls, 'path'>): Promise<string>
  /** A page of files: all of some sources, or those that are found. @throws HoldallError `invalid_cursor` */
  list(question: FileQuestion): Promise<FileList>
  /** The files right before and after one in a list that it is in. */
  readonly neighbours: FindNeighbours
  /** What the documents among the files of a page say around the words that they were found by. */
  readonly excerpts: FindExcerpts
  readonly doubles: Doubles
  /** The folders right below a folder of a source; empty for those that lie in none. */
  folders(sourceId: number, folder: string): Promise<Folders>
  /** So many of the files of these sources and of a kind, empty for all, in no order: only how much they are. */
  some(sources: readonly number[], kind: Kind, most: number): Promise<readonly FileAmount[]>
  /** By the source's row id; a source without files is absent. */
  totals(): Promise<Map<number, SourceTotals>>
  /** How many of them are missing, by source, one more than `MAX_COUNT` at the most; those without any are absent. */
  missing(sources: readonly number[]): Promise<ReadonlyMap<number, number>>
  /** How many files of these sources are still to be read in the background, as far as a bounded look shows. */
  toRead(sources: readonly number[], kinds: readonly WorkKind[]): Promise<ToRead>
  /** Whether there are files of which nobody knows yet whether they can be read. */
  isReadingWhole(): Promise<boolean>
  /** Which of these files cannot be read, whoever may see them. */
  readability(ids: readonly string[]): Promise<Readability>
  /** Other files with the same bytes that the actor may browse, newest first. */
  duplicates(actor: Actor | null, file: FileRecord): Promise<FileRecord[]>
  /** What people call an actor; the id where there is no name. */
  nameOf(actorId: string): Promise<string>
  /** Enters a finished upload, in the transaction that completes its session. Twice has the effect of once. */
  record(transaction: Transaction<Schema>, upload: FinishedUpload): Promise<void>
  /** @param check is told the description that stands there, within the transaction; where it throws, nothing is changed */
  update(id: string, changes: FileChanges, check?: (description: string) => void): Promise<FileRecord | undefined>
  /** Writes a description where there is none. @returns whether the file has this one now */
  describe(id: string, text: string): Promise<boolean>
  /** Where files took the place of others that have a description: those that have none, or the same, whoever may see them. */
  describedAmong(pairs: readonly Succession[]): Promise<DescribedSuccession[]>
  /** Writes the descriptions of files where those in their place have none. @returns of how many */
  copyDescriptions(pairs: readonly Succession[]): Promise<number>
  /** Takes such descriptions out again where nobody has written anything else since. @returns of how many */
  takeOutDescriptions(pairs: readonly Succession[]): Promise<number>
}

// Written out, because a table page asks for it and building a query costs more than running this one.
const BRIEFS = `SELECT f.id, s.slug, f.filename, f.content_type, f.size, f.width, f.height, f.changed_at,
  f.missing_since, f.content_hash, f.unreadable FROM json_each(?) AS wanted
  CROSS JOIN datasette_files AS f ON f.id = wanted.value
  CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id`

// One parameter whatever the number, so that SQLite compiles one statement for all of them.
const BY_IDS = `SELECT ${FILE_COLUMNS_SQL} FROM json_each(?) AS wanted
  CROSS JOIN datasette_files AS f ON f.id = wanted.value
  CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id`

type BriefRow = FileRow & { slug: string }

// Member by member: a page asks for a hundred, and spreading a row costs more than reading it.
function toBrief(row: BriefRow): FileBrief {
  return {
    id: row.id,
    sourceSlug: row.slug,
    filename: row.filename,
    contentType: row.content_type ?? UNKNOWN_TYPE,
    size: row.size,
    width: row.width,
    height: row.height,
    changedAt: row.changed_at,
    missingSince: row.missing_since,
    contentHash: row.content_hash,
    unreadable: row.unreadable,
  }
}

function batchOf(ids: Iterable<string>): string[] {
  const wanted = [...new Set(ids)].filter((id) => FILE_ID.test(id))
  if (wanted.length > MAX_BATCH) throw new RangeError(`At most ${MAX_BATCH} files at once, not ${wanted.length}`)
  return wanted
}

export function createRegistry(database: InternalDatabase, permissions: Permissions): Registry {
  const summaries = createSummaries(database, permissions)
  const tokenize = createTokenizer()

  async function byIds(ids: Iterable<string>): Promise<Map<string, FileRecord>> {
    const wanted = batchOf(ids)
    if (wanted.length === 0) return new Map()
    const { rows } = await database.read.executeQuery(
      CompiledQuery.raw(BY_IDS, [JSON.stringify(wanted)]) as CompiledQuery<FileRow>,
    )
    return new Map(rows.map((row) => [row.id, toRecord(row)]))
  }

  async function browsable<File extends FileBrief>(actor: Actor | null, files: Iterable<File>): Promise<File[]> {
    const all = [...files]
    const sources = [...new Set(all.map((file) => file.sourceSlug))]
    const allowed = await permissions.among(
      actor,
      'files-browse',
      sources.map((slug) => ({ kind: 'source', parent: slug })),
    )
    const slugs = new Set(allowed.map((resource) => resource.parent))
    return all.filter((file) => slugs.has(file.sourceSlug))
  }

  async function byId(id: string): Promise<FileRecord | undefined> {
    return (await byIds([id])).get(id)
  }

  return {
    byId,
    byIds,
    async visible(actor, ids) {
      const files = await byIds(ids)
      return new Map((await browsable(actor, files.values())).map((file) => [file.id, file]))
    },
    async briefs(actor, ids) {
      const wanted = JSON.stringify(batchOf(ids))
      if (wanted === '[]') return new Map()
      const { rows } = await database.read.executeQuery(CompiledQuery.raw(BRIEFS, [wanted]) as CompiledQuery<BriefRow>)
      return new Map((await browsable(actor, rows.map(toBrief))).map((file) => [file.id, file]))
    },
    summaries: async (actor, ids, urls) => await summaries(actor, batchOf(ids), urls),
    list: createFind(database, tokenize),
    neighbours: createNeighbours(database, tokenize),
    excerpts: createExcerpts(database, tokenize),
    doubles: createDoubles(database),
    folders: (sourceId, folder) => foldersIn(database, sourceId, folder),
    async some(sources, kind, most) {
      const [ids, key] =
        kind === ''
          ? [sources, sql`f.source_id`]
          : [[...(await placesOfKind(database, sources, kind, most))], sql`f.seq`]
      const { rows } = await sql<FileAmount>`SELECT f.id, f.size FROM json_each(${JSON.stringify(ids)}) AS wanted
        CROSS JOIN datasette_files AS f ON ${key} = wanted.value LIMIT ${most}`.execute(database.read)
      return rows
    },
    async totals() {
      const rows = await database.read.selectFrom('datasette_files_totals').selectAll().execute()
      return new Map(rows.map(({ source_id, files, bytes, hashed }) => [source_id, { files, bytes, hashed }]))
    },
    missing: (sources) => countMissing(database, sources),
    toRead: (sources, kinds) => countToRead(database, sources, kinds),
    isReadingWhole: () => isReadingWhole(database),
    readability: (ids) => readabilityOf(database, ids),
    async duplicates(actor, file) {
      if (file.contentHash === null) return []
      const { rows } = await sql<{ id: number; slug: string }>`SELECT s.id, s.slug FROM datasette_files_sources AS s
        WHERE EXISTS (SELECT 1 FROM datasette_files AS f
          WHERE f.content_hash = ${file.contentHash} AND f.source_id = s.id AND f.id <> ${file.id})`.execute(
        database.read,
      )
      const allowed = await permissions.among(
        actor,
        'files-browse',
        rows.map(({ slug }) => ({ kind: 'source', parent: slug })),
      )
      const slugs = new Set(allowed.map((resource) => resource.parent))
      const sources = rows.filter(({ slug }) => slugs.has(slug)).map(({ id }) => id)
      const limit = MAX_DUPLICATES + 1
      const same = await walkFiles(database, { sources, order: 'newest', limit, hash: file.contentHash })
      return same
        .filter(({ id }) => id !== file.id)
        .slice(0, MAX_DUPLICATES)
        .map(toRecord)
    },
    async nameOf(actorId) {
      const row = await database.read.selectFrom('actors').select('name').where('id', '=', actorId).executeTakeFirst()
      return row?.name ?? actorId
    },
    async record(transaction, upload) {
      await transaction
        .insertInto('datasette_files')
        .values({
          id: upload.fileId,
          source_id: upload.sourceId,
          path: upload.path,
          filename: upload.filename,
          content_type: upload.contentType,
          declared_type: upload.declaredType,
          content_hash: upload.contentHash,
          size: upload.size,
          width: upload.facts.width ?? null,
          height: upload.facts.height ?? null,
          uploaded_by: upload.uploadedBy,
          metadata: JSON.stringify(upload.facts.metadata ?? {}),
          search_text: upload.facts.searchText ?? '',
        })
        // The id was fixed when the session was made: a second run finds its own row.
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
    },
    async update(id, changes, check) {
      if (Object.keys(changes).length === 0) return byId(id)
      await database.write(async (trx) => {
        const now =
          check &&
          (await trx.selectFrom('datasette_files').select('search_text').where('id', '=', id).executeTakeFirst())
        if (now) check?.(now.search_text)
        const values = {
          ...(changes.filename !== undefined && { filename: changes.filename }),
          ...(changes.searchText !== undefined && { search_text: changes.searchText }),
          ...(changes.metadata !== undefined && { metadata: await metadataWith(trx, id, changes.metadata) }),
        }
        await trx.updateTable('datasette_files').set(values).where('id', '=', id).execute()
        // What is only called a picture may be called something else now, or the other way about.
        if (changes.filename !== undefined) await enqueueWork(trx, [id], ['whole'])
      })
      return byId(id)
    },
    async describe(id, text) {
      const row = await database.write((trx) =>
        trx
          .updateTable('datasette_files')
          .set({ search_text: text })
          .where('id', '=', id)
          .where('search_text', 'in', ['', text])
          .returning('id')
          .executeTakeFirst(),
      )
      return row !== undefined
    },
    describedAmong: (pairs) => describedAmong(database, pairs),
    copyDescriptions: (pairs) => copyDescriptions(database, pairs),
    takeOutDescriptions: (pairs) => takeOutDescriptions(database, pairs),
  }
}

async function metadataWith(trx: Transaction<Schema>, id: string, wanted: Readonly<Record<string, unknown>>) {
  const row = await trx.selectFrom('datasette_files').select('metadata').where('id', '=', id).executeTakeFirst()
  return JSON.stringify(replacedMetadata(asObject(row?.metadata ?? ''), wanted))
}
