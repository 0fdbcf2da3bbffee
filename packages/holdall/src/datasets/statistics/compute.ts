import { quoted } from '../../tables/identifiers.ts'
import { HoldallError } from '../../web/error.ts'
import { filterSql } from '../browse/filter-sql.ts'
import { type ValueKind, valueKind } from '../browse/types.ts'
import type { QueryAnswer } from '../engine/engine.ts'
import type { ParquetColumn } from '../footer/parquet-file.ts'
import type { AskDataset } from '../query/ask.ts'
import { edgesBetween } from './edges.ts'
import type { ColumnStatistics, Frequent, Histogram } from './statistics.ts'

/** Frequent values that are kept. */
const TOP = 20
/** With more different values, counting each would need much memory and tell little. */
const MAX_COUNTED = 100_000
/** A longer value is not kept whole: what is shown of it is less. */
const MAX_VALUE_LENGTH = 200

const ORDERED: readonly ValueKind[] = ['integer', 'float', 'decimal', 'boolean', 'text', 'moment', 'date']

/** Reads all of a column, in some statements. @throws HoldallError as the engine's `query` does */
export async function computeColumn(table: string, column: ParquetColumn, ask: AskDataset): Promise<ColumnStatistics> {
  const kind = valueKind(column.type)
  const name = quoted(column.name)
  const isNumber = kind === 'integer' || kind === 'float' || kind === 'decimal'
  const finite = kind === 'float' ? `CASE WHEN isfinite(${name}) THEN ${name} END` : name
  const isOrdered = ORDERED.includes(kind)
  const facts = await one(
    ask(
      `SELECT count(*) AS n, count(${name}) AS filled${
        isOrdered ? `, min(${name}) AS least, max(${name}) AS most, approx_count_distinct(${name}) AS different` : ''
      }${isNumber ? `, avg(CAST(${finite} AS DOUBLE)) AS mean, min(${finite}) AS from_here, max(${finite}) AS to_here, count(${finite}) AS finite` : ''} FROM ${table}`,
    ),
  )
  const [rows, filled] = [Number(facts.n), Number(facts.filled)]
  // An estimate knows nothing of how many there can be.
  const estimate = isOrdered ? Math.min(Number(facts.different), filled) : null
  const counted = estimate !== null && estimate <= MAX_COUNTED && filled > 0 ? await frequent(table, name, ask) : null
  const [from, to] = isNumber ? [facts.from_here, facts.to_here] : [facts.least, facts.most]
  const histogram = from === null || from === undefined ? null : await histogramOf(table, column, { from, to }, ask)
  return {
    rows,
    nulls: rows - filled,
    min: textOf(facts.least),
    max: textOf(facts.most),
    distinct: filled === 0 && isOrdered ? 0 : (counted?.different ?? estimate),
    distinctIsExact: filled === 0 || counted !== null,
    mean: typeof facts.mean === 'number' ? facts.mean : null,
    notFinite: isNumber ? filled - Number(facts.finite) : 0,
    top: counted?.top ?? null,
    histogram,
  }
}

async function one(answer: Promise<QueryAnswer>): Promise<QueryAnswer['rows'][number]> {
  const [row] = (await answer).rows
  if (row === undefined) throw new HoldallError('query_failed', { reason: 'There was no answer.' })
  return row
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value).slice(0, MAX_VALUE_LENGTH)
}

async function frequent(table: string, name: string, ask: AskDataset) {
  const { rows } = await ask(
    `SELECT value, n, count(*) OVER () AS different FROM (SELECT ${name} AS value, count(*) AS n FROM ${table} WHERE ${name} IS NOT NULL GROUP BY ${name}) ORDER BY n DESC, value LIMIT ${TOP}`,
  )
  const top = rows.map(({ value, n }): Frequent => {
    const kept = typeof value === 'boolean' || typeof value === 'number' ? value : String(value)
    return { value: kept, count: Number(n) }
  })
  // A value that was cut would lead to other rows than it stands for.
  const isShown = top.every(({ value }) => String(value).length <= MAX_VALUE_LENGTH)
  return { different: Number(rows[0]?.different ?? 0), top: isShown ? top : null }
}

/** Rows are put between the edges by the very comparisons that filters make, so that a filter finds as many. */
async function histogramOf(
  table: string,
  column: ParquetColumn,
  { from, to }: { readonly from: unknown; readonly to: unknown },
  ask: AskDataset,
): Promise<Histogram | null> {
  const edges = edgesBetween(column.type, String(from), String(to))
  if (edges === null) return null
  const parameters: Record<string, string> = {}
  function bind(text: string): string {
    const name = `p${Object.keys(parameters).length}`
    parameters[name] = text
    return `$${name}`
  }
  const byName = new Map([[column.name, column]])
  const below = edges
    .slice(1)
    .map(
      (edge, at) => `WHEN ${filterSql(byName, { column: column.name, operator: 'lt', value: edge }, bind)} THEN ${at}`,
    )
  const name = quoted(column.name)
  const onlyFinite = valueKind(column.type) === 'float' ? ` AND isfinite(${name})` : ''
  const { rows } = await ask(
    `SELECT CASE ${below.join(' ')} END AS bin, count(*) AS n FROM ${table} WHERE ${name} IS NOT NULL${onlyFinite} GROUP BY 1`,
    { parameters },
  )
  const counts = below.map((_, at) => Number(rows.find(({ bin }) => bin === at)?.n ?? 0))
  return { edges, counts }
}
