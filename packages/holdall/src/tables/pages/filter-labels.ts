import type { ServedDatabase } from '../databases.ts'
import type { Filter } from '../filters.ts'
import { identifier } from '../identifiers.ts'
import type { Reference } from '../labels.ts'
import type { Statement } from '../reader/protocol.ts'
import { isNumeric, parseInteger, type SqliteValue } from '../value.ts'
import { plainText } from './value-cell.ts'

/** Rows that a filter offers to choose among; a table with more takes what is typed. */
const MAX_OFFERED = 200
/** Names that are suggested where a filter names no row. */
const MAX_SUGGESTED = 5
/** Filters whose names are looked up: a page with more shows the keys of the rest. */
const MAX_NAMED = 20
/** The filters that compare a whole value, which a name can stand for. */
const NAMEABLE = ['exact', 'not']

/** A row that a foreign key can lead to. */
export interface NamedKey {
  readonly key: string
  readonly label: string
}

/** What filters of foreign keys say in names. */
export interface FilterLabels {
  /** By column: the rows that a filter can choose among. */
  readonly offered: ReadonlyMap<string, readonly NamedKey[]>
  /** The name of the row that a filter's value is the key of. */
  nameOf(column: string, value: string): string | undefined
  /** Filters that ask a column of keys for a text, with rows that may have been meant. */
  readonly misread: readonly Misread[]
}

export interface Misread {
  readonly filter: Filter
  readonly table: string
  readonly suggested: readonly NamedKey[]
}

interface Asked {
  readonly statement: Statement
  readonly column: string
  readonly filter: Filter | null
  readonly misread: boolean
}

/**
 * Reads, at once, what the filters of foreign keys can choose among and what those of the page are called.
 * @param noRows whether the page shows none, so that what was meant is worth looking for
 */
export async function readFilterLabels(
  database: ServedDatabase,
  references: ReadonlyMap<string, Reference>,
  filters: readonly Filter[],
  noRows: boolean,
  signal: AbortSignal,
): Promise<FilterLabels> {
  const named = [...references].filter(([, { labelColumn }]) => labelColumn !== null)
  if (named.length === 0) return NO_LABELS
  const asked: Asked[] = named.map(([column, reference]) => ({
    column,
    filter: null,
    misread: false,
    statement: offeredSql(reference),
  }))
  for (const filter of filters.slice(0, MAX_NAMED)) {
    const reference = references.get(filter.column)
    if (!reference?.labelColumn || filter.value === '') continue
    const misread = isMisread(reference, filter.value)
    if (misread && !noRows) continue
    const statement = misread ? suggestedSql(reference, filter.value) : nameSql(reference, filter.value)
    asked.push({ column: filter.column, filter, misread, statement })
  }
  const { results } = await database.read(() => ({ statements: asked.map(({ statement }) => statement) }), { signal })
  const offered = new Map<string, readonly NamedKey[]>()
  const names = new Map<string, string>()
  const misread: Misread[] = []
  for (const [index, result] of results.entries()) {
    const { column, filter, misread: isWrong } = asked[index] as Asked
    const rows = result.failure ? [] : result.rows.map(namedKey)
    if (filter === null) {
      if (!result.failure && !result.more) offered.set(column, rows)
    } else if (isWrong) {
      misread.push({ filter, table: (references.get(column) as Reference).table.name, suggested: rows })
    } else if (rows[0]) names.set(JSON.stringify([column, filter.value]), rows[0].label)
  }
  return { offered, misread, nameOf: (column, value) => names.get(JSON.stringify([column, value])) }
}

export const NO_LABELS: FilterLabels = { offered: new Map(), misread: [], nameOf: () => undefined }

/**
 * The key that a filter means by a name: the name of exactly one row, where it is not a key itself. What names no row,
 * or several, stays as it is.
 */
export async function keyMeant(
  database: ServedDatabase,
  reference: Reference,
  operator: string,
  text: string,
  signal: AbortSignal,
): Promise<string> {
  if (reference.labelColumn === null || text.trim() === '' || !NAMEABLE.includes(operator)) return text
  const [key, label] = [identifier(reference.otherColumn), identifier(reference.labelColumn)]
  const from = `from ${identifier(reference.table.name)} where`
  const { results } = await database.read(
    () => ({
      statements: [
        { sql: `select 1 ${from} ${key} = :text limit 1`, params: { text }, optional: true },
        {
          sql: `select ${key} ${from} ${label} = :text collate nocase and ${key} is not null limit 2`,
          params: { text: text.trim() },
          limit: 2,
          optional: true,
        },
      ],
    }),
    { signal },
  )
  const [isKey, named] = results
  if (isKey === undefined || isKey.failure || isKey.rowCount > 0) return text
  if (named === undefined || named.failure || named.rows.length !== 1) return text
  return plainText(named.rows[0]?.[0] ?? null)
}

/** Whether a text is asked of a column whose keys are numbers. */
function isMisread({ table, otherColumn }: Reference, value: string): boolean {
  const affinity = table.columnsByName.get(otherColumn)?.affinity
  return affinity !== undefined && isNumeric(affinity) && parseInteger(value.trim()) === null
}

function columnsOf({ table, otherColumn, labelColumn }: Reference) {
  const [key, label] = [identifier(otherColumn), identifier(labelColumn ?? otherColumn)]
  return { key, label, from: `select ${key}, ${label} from ${identifier(table.name)}` }
}

function offeredSql(reference: Reference): Statement {
  const { key, label, from } = columnsOf(reference)
  return {
    sql: `${from} where ${key} is not null order by ${label} limit ${MAX_OFFERED + 1}`,
    limit: MAX_OFFERED,
    optional: true,
  }
}

function nameSql(reference: Reference, value: string): Statement {
  const { key, from } = columnsOf(reference)
  return { sql: `${from} where ${key} = :value limit 1`, params: { value }, limit: 1, optional: true }
}

/** Rows whose name has any word of the text in it, those with most of them first. */
function suggestedSql(reference: Reference, value: string): Statement {
  const { label, from } = columnsOf(reference)
  const words = value
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, MAX_SUGGESTED)
  const params = Object.fromEntries(words.map((word, index) => [`w${index}`, word]))
  const found = words.map((_, index) => `(instr(lower(${label}), lower(:w${index})) > 0)`).join(' + ') || '0'
  return {
    sql: `${from} where ${found} > 0 order by ${found} desc, ${label} limit ${MAX_SUGGESTED}`,
    params,
    limit: MAX_SUGGESTED,
    optional: true,
  }
}

function namedKey([key = null, label = null]: readonly SqliteValue[]): NamedKey {
  const text = plainText(key)
  return { key: text, label: label === null || label === '' ? text : plainText(label) }
}
