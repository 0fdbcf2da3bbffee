import { setImmediate as turn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { FILE_COLUMNS, type FileRow } from '../rows.ts'
import { type Group, IS_UNTOUCHED } from './find.ts'
import { ALIKE_READ, COMPARED, LEFT_OPEN, SIZES_AT_ONCE } from './limits.ts'
import { endOf } from './pairs.ts'

type Told = Pick<FileRow, 'size' | 'version'>

/** What archives give for the time of what they know none of is before. */
const FIRST_TIME = '1980-01-03'
/** After every id. */
const LAST_ID = '\u{10ffff}'

/** Whether what the storage says of a file tells it from others: how large it is, with its ETag or when it was last written. */
export function isTold({ size, version }: Told): boolean {
  if (size === null || size === 0 || version === null) return false
  if (version.startsWith('etag ')) return true
  const [, time] = version.split(' ')
  return time !== undefined && time >= FIRST_TIME
}

/** Whether the storage says the same of both. */
export function isToldAlike(some: Told, other: Told): boolean {
  return isTold(some) && some.size === other.size && some.version === other.version
}

/** A file of a size that is looked through. */
interface Sized extends Told {
  readonly at: number
  readonly id: string
  readonly seq: number
  readonly path: string
  readonly lost: number
  readonly hashed: number
}

/** Files of one name of which the storage says the same. */
interface Alike {
  readonly lost: Sized[]
  readonly there: Sized[]
}

/**
 * Missing files whose bytes were never read, each with the one file that is called the same, and of which the storage says
 * the same. Where there is a third of that kind, whatever its state, nobody says which is which: their bytes may differ.
 *
 * @param sizes of the missing files, each once
 */
export async function* oneAndOneAlike(
  database: InternalDatabase,
  sourceId: number,
  sizes: readonly number[],
): AsyncGenerator<Group[]> {
  for await (const pairs of pairsBySize(database, sourceId, sizes)) {
    for (let at = 0; at < pairs.length; at += LEFT_OPEN) {
      const some = pairs.slice(at, at + LEFT_OPEN)
      const rows = await rowsOf(database, some.flat())
      yield some.flatMap(([lost, there]) => {
        const [missing, found] = [rows.get(lost), rows.get(there)]
        return missing && found && isToldAlike(missing, found) ? [{ missing: [missing], untouched: [found] }] : []
      })
    }
  }
}

/** The `seq` of both. Each size is gone through once, however many files have it. */
async function* pairsBySize(
  database: InternalDatabase,
  sourceId: number,
  sizes: readonly number[],
): AsyncGenerator<[number, number][]> {
  for (let from = 0; from < sizes.length; from += SIZES_AT_ONCE) {
    let wanted = sizes.slice(from, from + SIZES_AT_ONCE).map((size): [number, string] => [size, LAST_ID])
    let kept: Sized[] = []
    while (wanted.length > 0) {
      // In the order of the index: by size as they are asked for, and the newest id first.
      const { rows } = await sql<Sized>`SELECT wanted.key AS at, f.id, f.seq, f.path, f.size, f.version,
          f.missing_since IS NOT NULL AS lost, f.content_hash IS NOT NULL AS hashed
        FROM json_each(${JSON.stringify(wanted)}) AS wanted
        CROSS JOIN datasette_files AS f INDEXED BY datasette_files_by_size
          ON f.source_id = ${sourceId} AND f.size = wanted.value->>0 AND f.id < wanted.value->>1
        LIMIT ${ALIKE_READ}`.execute(database.read)
      const last = rows.length < ALIKE_READ ? undefined : rows.at(-1)
      const all = kept.concat(rows.filter(isTold))
      // Of the last size it is not known whether it is all there.
      kept = last === undefined ? [] : all.filter(({ size }) => size === last.size)
      yield pairsAmong(last === undefined ? all : all.filter(({ size }) => size !== last.size))
      wanted = last === undefined ? [] : wanted.slice(last.at)
      if (last !== undefined && wanted[0] !== undefined) wanted[0] = [wanted[0][0], last.id]
      await turn()
    }
  }
}

function pairsAmong(files: readonly Sized[]): [number, number][] {
  const groups = new Map<string, Alike>()
  for (const file of files) {
    const key = `${file.size}\0${file.version}\0${endOf(file.path, 1)}`
    const group = groups.get(key) ?? { lost: [], there: [] }
    groups.set(key, group)
    const same = file.lost === 1 ? group.lost : group.there
    same.push(file)
  }
  return [...groups.values()].flatMap(({ lost, there }): [number, number][] => {
    const [missing, found] = [lost[0], there[0]]
    if (missing === undefined || found === undefined || lost.length + there.length > 2) return []
    return missing.hashed === 0 ? [[missing.seq, found.seq]] : []
  })
}

/** By `seq`; what is there and was touched is absent. */
async function rowsOf(database: InternalDatabase, seqs: readonly number[]): Promise<ReadonlyMap<number, FileRow>> {
  const { rows } = await sql<FileRow>`SELECT ${FILE_COLUMNS} FROM json_each(${JSON.stringify(seqs)}) AS wanted
    CROSS JOIN datasette_files AS f ON f.seq = wanted.value
    CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
    WHERE (f.missing_since IS NOT NULL AND f.content_hash IS NULL) OR ${IS_UNTOUCHED}`.execute(database.read)
  return new Map(rows.map((row) => [row.seq, row]))
}

/** Untouched files of which the storage says what it said of one that was never read, called the same or not. */
export async function alikeOf(
  database: InternalDatabase,
  file: { readonly sourceId: number; readonly size: number | null; readonly version: string | null },
): Promise<FileRow[]> {
  if (!isTold(file)) return []
  const { rows } = await sql<FileRow>`SELECT ${FILE_COLUMNS}
    FROM (SELECT seq FROM datasette_files INDEXED BY datasette_files_by_size
      WHERE source_id = ${file.sourceId} AND size = ${file.size} ORDER BY id DESC LIMIT ${COMPARED}) AS n
    CROSS JOIN datasette_files AS f ON f.seq = n.seq
    CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
    WHERE f.version = ${file.version} AND ${IS_UNTOUCHED}`.execute(database.read)
  return rows
}
