import { HoldallError } from '../../web/error.ts'
import type { QueryAnswer } from '../engine/engine.ts'
import type { AskDataset, Asks, WhoAsks } from '../query/ask.ts'
import type { Dataset } from '../records.ts'
import { encodeCursor, type Place } from './cursor.ts'
import { namingFilters } from './filter-failures.ts'
import type { Question } from './question.ts'
import { statementsOf } from './sql.ts'
import { type OwnNames, ownNames } from './table.ts'

/** Rows are counted for so long; a page does not wait longer for a number. */
const COUNT_MS = 3_000
const FACET_MS = 3_000

type Row = QueryAnswer['rows'][number]
/** `first` is where the first of the rows lies; null where no row stands before it. */
type Found = Pick<RowsPage, 'rows' | 'next'> & { readonly first: Place | null }

export interface Facet {
  readonly column: string
  readonly values: readonly { readonly value: unknown; readonly count: number }[]
  /** There are more values. */
  readonly truncated: boolean
}

/** One page of a dataset. */
export interface RowsPage {
  readonly question: Question
  /** With their DuckDB types. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly Row[]
  /** Cursor of the next page. */
  readonly next: string | null
  /** For `_before`: cursor of the page before this one. */
  readonly previous: string | null
  /** Rows that stand before these; null when counting them took too long, or nobody asked. */
  readonly start: number | null
  /** All rows that match; null when counting them took too long, or nobody asked. */
  readonly count: number | null
  readonly facets: readonly Facet[]
  /** Facets that took too long. */
  readonly timedOut: readonly string[]
}

export interface ReadOptions {
  readonly asks: Asks
  readonly who: WhoAsks
  readonly count: boolean
}

/** @throws HoldallError as the engine's `query` does, and what reading the sources throws */
export async function readRows(
  dataset: Dataset,
  question: Question,
  { asks, who, count }: ReadOptions,
): Promise<RowsPage> {
  const names = ownNames(dataset)
  const sql = statementsOf(question, names)
  const types = new Map(dataset.columns.map(({ name, type }) => [name, type]))
  const columns = question.columns.map((name) => ({ name, type: types.get(name) ?? '' }))
  return await namingFilters(dataset, question, () =>
    asks.about(dataset, names.places, who, async (ask) => {
      const { first, ...found } = question.size === 0 ? NONE : await pageOf(ask)
      const counted = count ? await countOf(ask) : null
      const isCounted = question.isLast && first !== null && counted !== null
      const start = !count ? null : isCounted ? counted - found.rows.length : await startOf(ask, first)
      const facets = await facetsOf(ask)
      const previous = first === null ? null : encodeCursor(first, dataset)
      return { question, columns, ...found, previous, start, count: counted, ...facets }
    }),
  )

  async function pageOf(ask: AskDataset): Promise<Found> {
    const { before, sort } = question
    const page = before === null ? null : await pageBefore(ask, before)
    // Fewer rows than a page before it: what is shown is the first page.
    if (page !== null) return page
    return await (sort === null ? inOrder(ask) : sorted(ask, sort))
  }

  async function pageBefore(ask: AskDataset, before: Place): Promise<Found | null> {
    const { rows, truncated } = await ask(sql.placesBefore(before), bound(question.size))
    if (!truncated) return null
    const places = rows.map(placeOf).reverse()
    return { rows: await rowsAt(ask, places), next: nextOf(!question.isLast, places.at(-1)), first: places[0] ?? null }
  }

  function placeOf(row: Row): Place {
    return { file: Number(row[names.places.file]), row: Number(row[names.places.row]) }
  }

  function nextOf(isMore: boolean, last: Place | undefined): string | null {
    return isMore && last !== undefined ? encodeCursor(last, dataset) : null
  }

  async function inOrder(ask: AskDataset): Promise<Found> {
    const { rows, truncated } = await ask(sql.inOrder(), bound(question.size))
    const last = rows.at(-1)
    return { rows, next: nextOf(truncated, last && placeOf(last)), first: firstOf(rows[0] && placeOf(rows[0])) }
  }

  function firstOf(place: Place | undefined): Place | null {
    return question.after === null ? null : (place ?? null)
  }

  /** First where they lie, by the column that orders them alone; then those rows, whose other columns nobody has read yet. */
  async function sorted(ask: AskDataset, by: NonNullable<Question['sort']>): Promise<Found> {
    const found = await ask(sql.sortedPlaces(by), bound(question.size))
    const places = found.rows.map(placeOf)
    if (places.length === 0) return NONE
    const next = nextOf(found.truncated, places.at(-1))
    return { rows: await rowsAt(ask, places), next, first: firstOf(places[0]) }
  }

  async function rowsAt(ask: AskDataset, places: readonly Place[]): Promise<readonly Row[]> {
    const { rows } = await ask(sql.at(places), { maxRows: question.size })
    const byPlace = new Map(rows.map((row) => [keyOf(placeOf(row)), row]))
    return places.map((place) => byPlace.get(keyOf(place))).filter((row) => row !== undefined)
  }

  async function startOf(ask: AskDataset, first: Place | null): Promise<number | null> {
    if (first === null) return 0
    const files = dataset.files.filter(({ role }) => role === 'data')
    if (question.conditions.sql.length === 0 && question.sort === null)
      return files.slice(0, first.file).reduce((sum, { rowCount }) => sum + (rowCount ?? 0), first.row)
    const answer = await inTime(ask(sql.countBefore(first), bound(1, COUNT_MS)))
    return answer === null ? null : Number(answer.rows[0]?.n)
  }

  function bound(maxRows: number, timeoutMs?: number) {
    return { maxRows, parameters: question.conditions.parameters, ...(timeoutMs !== undefined && { timeoutMs }) }
  }

  async function countOf(ask: AskDataset): Promise<number | null> {
    if (question.conditions.sql.length === 0) return dataset.rowCount
    return await countMatching(question, names, ask, COUNT_MS)
  }

  async function facetsOf(ask: AskDataset): Promise<Pick<RowsPage, 'facets' | 'timedOut'>> {
    const facets: Facet[] = []
    const timedOut: string[] = []
    for (const column of question.facets) {
      const answer = await inTime(ask(sql.facet(column), bound(question.facetSize, FACET_MS)))
      if (answer === null) timedOut.push(column)
      else facets.push({ column, ...valuesOf(answer) })
    }
    return { facets, timedOut }
  }
}

/** Rows that match a question; null where counting them takes longer. */
export async function countMatching(
  question: Question,
  names: OwnNames,
  ask: AskDataset,
  timeoutMs: number,
): Promise<number | null> {
  const { parameters } = question.conditions
  const answer = await inTime(ask(statementsOf(question, names).count(), { maxRows: 1, parameters, timeoutMs }))
  return answer === null ? null : Number(answer.rows[0]?.n)
}

const NONE: Found = { rows: [], next: null, first: null }

function keyOf({ file, row }: Place): string {
  return `${file}.${row}`
}

function valuesOf({ rows, truncated }: QueryAnswer): Omit<Facet, 'column'> {
  return { values: rows.map(({ value, n }) => ({ value, count: Number(n) })), truncated }
}

/** Null where it took too long, or others ask so much that there is no turn for it. */
async function inTime(answer: Promise<QueryAnswer>): Promise<QueryAnswer | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof HoldallError && (error.code === 'query_limit' || error.code === 'query_busy')) return null
    throw error
  }
}
