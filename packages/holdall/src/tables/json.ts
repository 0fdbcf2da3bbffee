import { HoldallError } from '../web/error.ts'
import type { JsonShape } from './cells.ts'
import type { TableQuery } from './query.ts'
import type { Table } from './schema.ts'

export type Shape = 'objects' | 'arrays' | 'array' | 'arrayfirst' | 'object'

const SHAPES: readonly string[] = ['objects', 'arrays', 'array', 'arrayfirst', 'object']

/** How the rows of an answer are asked for. */
export interface JsonOptions {
  readonly shape: Shape
  /** One object a line, as plain text; only with `_shape=array`. */
  readonly lines: boolean
  /** Columns whose texts are JSON. */
  readonly json: readonly string[]
  readonly infinity: boolean
}

/** @throws HoldallError `bad_request` */
export function readJsonOptions(parameters: URLSearchParams): JsonOptions {
  const shape = parameters.get('_shape') ?? 'objects'
  if (!SHAPES.includes(shape)) throw new HoldallError('bad_request', { reason: `Invalid _shape: ${shape}` })
  return {
    shape: shape as Shape,
    lines: shape === 'array' && Boolean(parameters.get('_nl')),
    json: parameters.getAll('_json'),
    infinity: /^(?:on|true|1)$/i.test(parameters.get('_json_infinity') ?? ''),
  }
}

const FACETS = ['_facet', '_facet_array', '_facet_date']

/**
 * Whoever asks in Datasette's way for what is not here gets no answer to something else instead.
 *
 * @throws HoldallError `bad_request`
 */
export function refuseFacets(parameters: URLSearchParams): void {
  const asked = FACETS.find((name) => parameters.has(name))
  if (asked !== undefined) {
    throw new HoldallError('bad_request', { reason: `${asked}: facets of tables are not served. Leave it out.` })
  }
}

/** The same of SQL of one's own, which Datasette takes at the address of a database. @throws HoldallError `bad_request` */
export function refuseSql(parameters: URLSearchParams): void {
  if (parameters.get('sql')) {
    throw new HoldallError('bad_request', {
      reason: 'sql: databases answer no queries. Ask a table, with filters or _where; datasets are asked with SQL.',
    })
  }
}

/** @throws HoldallError `bad_request` for rows that have no key to be called by */
export function jsonShape(options: JsonOptions, table: Table, columns: readonly string[]): JsonShape {
  if (options.shape === 'object' && table.primaryKeys.length === 0) {
    throw new HoldallError('bad_request', { reason: '_shape=object not available for tables with no primary keys' })
  }
  const shape = options.shape === 'array' ? (options.lines ? 'lines' : 'objects') : options.shape
  return {
    shape,
    infinity: options.infinity,
    ...(options.shape === 'object' && { keys: table.primaryKeys.map((key) => columns.indexOf(key)) }),
    ...(options.json.length > 0 && {
      json: options.json.map((column) => columns.indexOf(column)).filter((index) => index >= 0),
    }),
  }
}

export function queryShape(options: JsonOptions): (query: TableQuery) => JsonShape {
  return (query) => jsonShape(options, query.table, query.columns)
}

// The compiler's library does not know it yet.
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown }

/** Any value as JSON, with bigints as the numbers they are. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return rawJson(item.toString())
    if (item instanceof Uint8Array) return { $base64: true, encoded: Buffer.from(item).toString('base64') }
    return item
  })
}

const AFTER_ROWS = Buffer.from(',"truncated":false}')

/** The whole answer: what stands before the rows, and rows that a reader has already written. */
export function jsonAnswer(
  before: Readonly<Record<string, unknown>>,
  rows: Buffer,
  options: JsonOptions,
): Uint8Array<ArrayBuffer> {
  if (options.shape !== 'objects' && options.shape !== 'arrays') return new Uint8Array(rows)
  return new Uint8Array(Buffer.concat([Buffer.from(`${jsonText(before).slice(0, -1)},"rows":`), rows, AFTER_ROWS]))
}
