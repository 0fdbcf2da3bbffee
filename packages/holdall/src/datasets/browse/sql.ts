import { quoted } from '../../tables/identifiers.ts'
import type { Place } from './cursor.ts'
import type { Question } from './question.ts'
import type { OwnNames } from './table.ts'

/** Statements of Holdall's own about one dataset, under its `table_name`. What they bind is in the question. */
interface Statements {
  /** The rows of a page in the order in which they lie, each with its place behind its columns. */
  inOrder(): string
  /** The places of the rows of a page that is sorted. */
  sortedPlaces(sort: NonNullable<Question['sort']>): string
  /** The places of the last rows before one, from there backwards. */
  placesBefore(place: Place): string
  /** How many rows stand before one. */
  countBefore(place: Place): string
  /** The rows of these places, in no order, each with its place behind its columns. */
  at(places: readonly Place[]): string
  count(): string
  /** Values of a column with how many rows have each, the most frequent first. */
  facet(column: string): string
}

/** All rows that a question asks for, in its order, with the columns of its page: for an export. */
export function allRowsSql({ table, columns, sort, conditions }: Question, { places }: OwnNames): string {
  const where = conditions.sql.length === 0 ? '' : ` WHERE ${conditions.sql.join(' AND ')}`
  const order = sort === null ? '' : ` ORDER BY ${orderOf(sort, [places.file, places.row].map(quoted))}`
  return `SELECT ${columns.map(quoted).join(', ')} FROM ${table.name}${where}${order}`
}

/** As SQLite orders: NULL is less than everything. Rows that are alike stay in the order in which they lie. */
function orderOf({ column, descending }: NonNullable<Question['sort']>, place: readonly string[]): string {
  return [`${quoted(column)} ${descending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`, ...place].join(', ')
}

export function statementsOf(question: Question, names: OwnNames): Statements {
  const { table, columns, size, conditions, after } = question
  const [file, row, last] = [names.places.file, names.places.row, names.last].map(quoted) as [string, string, string]
  const from = `FROM ${table.name}`
  const placed = [...columns.map(quoted), file, row].join(', ')
  const limit = `LIMIT ${size + 1}`

  function where(...more: readonly string[]): string {
    const all = [...conditions.sql, ...more]
    return all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`
  }

  /** Rows that stand before a place or behind it, whatever orders them; behind `given`. */
  function beside(place: Place, side: 'before' | 'behind', sort: Question['sort']): { given: string; where: string } {
    const sign = side === 'before' ? '<' : '>'
    const nearer = `(${file} ${sign} ${place.file} OR (${file} = ${place.file} AND ${row} ${sign} ${place.row}))`
    if (sort === null) return { given: '', where: nearer }
    const column = quoted(sort.column)
    const value = `${last}.${last}`
    const isDown = sort.descending !== (side === 'before')
    const beyond = isDown
      ? `(${column} < ${value} OR (${column} IS NULL AND ${value} IS NOT NULL))`
      : `(${column} > ${value} OR (${value} IS NULL AND ${column} IS NOT NULL))`
    const at = `${file} = ${place.file} AND ${row} = ${place.row}`
    return {
      given: `WITH ${last} AS (SELECT ${column} AS ${last} ${from} WHERE ${at}) `,
      where: `(${beyond} OR (${column} IS NOT DISTINCT FROM ${value} AND ${nearer}))`,
    }
  }

  const withLast = question.sort === null ? from : `${from}, ${last}`

  return {
    // Rows are read in the order in which they lie, and reading stops when there are enough of them; of a file of which
    // only what follows a row is asked, what lies before it is not read at all.
    inOrder() {
      if (after === null) return `SELECT ${placed} ${from}${where()} ${limit}`
      const ofFile = `SELECT ${placed} ${from}${where(`${file} = ${after.file}`, `${row} > ${after.row}`)}`
      const ofOthers = `SELECT ${placed} ${from}${where(`${file} > ${after.file}`)}`
      return `${ofFile} UNION ALL ${ofOthers} ${limit}`
    },

    sortedPlaces(sort) {
      const order = orderOf(sort, [file, row])
      if (after === null) return `SELECT ${file}, ${row} ${from}${where()} ORDER BY ${order} ${limit}`
      const behind = beside(after, 'behind', sort)
      return `${behind.given}SELECT ${file}, ${row} ${withLast}${where(behind.where)} ORDER BY ${order} ${limit}`
    },

    placesBefore(place) {
      const { sort } = question
      const backwards = [`${file} DESC`, `${row} DESC`]
      const order = sort === null ? backwards.join(', ') : orderOf({ ...sort, descending: !sort.descending }, backwards)
      if (question.isLast && sort !== null) return `SELECT ${file}, ${row} ${from}${where()} ORDER BY ${order} ${limit}`
      // Of rows that are not chosen among, those before one are the numbers before it.
      const isNear = sort === null && conditions.sql.length === 0 && place.row > size
      const before = isNear
        ? {
            given: '',
            where: `${file} = ${place.file} AND ${row} BETWEEN ${place.row - size - 1} AND ${place.row - 1}`,
          }
        : beside(place, 'before', sort)
      return `${before.given}SELECT ${file}, ${row} ${withLast}${where(before.where)} ORDER BY ${order} ${limit}`
    },

    countBefore(place) {
      const before = beside(place, 'before', question.sort)
      return `${before.given}SELECT count(*) AS n ${withLast}${where(before.where)}`
    },

    at(places) {
      const byFile = Map.groupBy(places, (place) => place.file)
      return [...byFile]
        .map(([of, rows]) => {
          const numbers = rows.map((place) => place.row).join(', ')
          return `SELECT ${placed} ${from} WHERE ${file} = ${of} AND ${row} IN (${numbers})`
        })
        .join(' UNION ALL ')
    },

    count() {
      return `SELECT count(*) AS n ${from}${where()}`
    },

    facet(column) {
      const name = quoted(column)
      return `SELECT ${name} AS value, count(*) AS n ${from}${where()} GROUP BY ${name} ORDER BY n DESC, value LIMIT ${question.facetSize + 1}`
    },
  }
}
