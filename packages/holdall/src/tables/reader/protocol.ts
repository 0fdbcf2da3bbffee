import type { JsonShape } from '../cells.ts'
import type { SqliteValue } from '../value.ts'

/** Looks up what to show for the values of one column: a foreign key's label. */
export interface LabelLookup {
  /** Index of the column whose values are looked up. */
  readonly column: number
  /** Takes `:keys`, a JSON array of the distinct values; gives two columns, key and label. Null: the value labels itself. */
  readonly sql: string | null
}

export interface Statement {
  readonly sql: string
  readonly params?: Readonly<Record<string, SqliteValue>>
  /** At most this many rows come back; `more` says whether there was another. Default: `MAX_ROWS`. */
  readonly limit?: number
  /** So many columns at the end are read but appear only in `last`. */
  readonly hidden?: number
  readonly labels?: readonly LabelLookup[]
  /** Rows come back as the text of their JSON, written by the reader, instead of as values. */
  readonly json?: JsonShape
  /** Its failure or timeout is in its own result; the batch goes on without it. */
  readonly optional?: boolean
}

/** What one request to a reader process is: statements that see one snapshot of one database. */
export interface Batch {
  readonly path: string
  readonly immutable: boolean
  /** What the SQL was made for: when the database has another one by now, nothing runs and the answer is `stale`. */
  readonly schemaVersion: number | null
  readonly statements: readonly Statement[]
}

export interface StatementFailure {
  readonly reason: 'sql' | 'timeout' | 'too_large'
  readonly message: string
}

export interface StatementResult {
  readonly columns: readonly string[]
  /** Empty when JSON was asked for. */
  readonly rows: SqliteValue[][]
  /** UTF-8 text in the shape that was asked for. */
  readonly json: Buffer | null
  readonly rowCount: number
  readonly more: boolean
  /** The last row that came back, hidden columns included. */
  readonly last: SqliteValue[] | null
  /** By column index, pairs of key and label. */
  readonly labels: ReadonlyMap<number, readonly (readonly [SqliteValue, SqliteValue])[]>
  readonly failure: StatementFailure | null
}

/** The request as it travels: JSON, with `encodeValue` for what JSON has no word for. */
export type Request =
  | {
      readonly kind: 'batch'
      readonly batch: Batch
      /** Nothing runs that may take long by the look of it: the answer is `costly`. */
      readonly onlyIfQuick: boolean
    }
  | { readonly kind: 'schema'; readonly path: string; readonly immutable: boolean }

export interface ResultHeader {
  columns: readonly string[]
  rowCount: number
  more: boolean
  last: WireValue[] | null
  labels: [number, [WireValue, WireValue][]][]
  failure: StatementFailure | null
  /** Bytes of payload: JSON rows, or values as a JSON array of arrays. */
  bytes: number
  json: boolean
  /** Whether a value in the payload is encoded as an object. */
  special: boolean
}

export type ResponseHeader =
  | { kind: 'ready' }
  | { kind: 'results'; results: ResultHeader[]; done: boolean }
  | { kind: 'stale' }
  | { kind: 'costly' }
  | { kind: 'schema'; schema: unknown }
  | { kind: 'failed'; reason: 'open' | 'busy' | 'sql' | 'corrupt'; message: string }

/** A value as JSON: itself, or an object for what JSON cannot say. */
export type WireValue = null | number | string | { $i: string } | { $b: string } | { $r: string }

export function encodeValue(value: SqliteValue): WireValue {
  switch (typeof value) {
    case 'bigint': {
      const number = Number(value)
      return Number.isSafeInteger(number) ? number : { $i: value.toString() }
    }
    case 'number':
      return Number.isFinite(value) ? value : { $r: String(value) }
    case 'string':
      return value
    default:
      return value === null
        ? null
        : { $b: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
  }
}

export function decodeValue(value: WireValue): SqliteValue {
  if (value === null || typeof value !== 'object') return value
  if ('$i' in value) return BigInt(value.$i)
  if ('$r' in value) return Number(value.$r)
  return new Uint8Array(Buffer.from(value.$b, 'base64'))
}

/** Length of what follows, then length of the header, both 32 bit; then the header as JSON, then the payloads. */
export const FRAME_PREFIX_BYTES = 8

export function frame(header: unknown, payloads: readonly Buffer[] = []): Buffer {
  const text = Buffer.from(JSON.stringify(header))
  const bytes = payloads.reduce((sum, payload) => sum + payload.length, text.length)
  const prefix = Buffer.allocUnsafe(FRAME_PREFIX_BYTES)
  prefix.writeUInt32LE(bytes, 0)
  prefix.writeUInt32LE(text.length, 4)
  return Buffer.concat([prefix, text, ...payloads], FRAME_PREFIX_BYTES + bytes)
}
