import { readRange } from '../../sources/read-range.ts'
import type { Sources } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import { ChildFailure } from '../children/child-process.ts'
import { asText, type Text } from '../inspection/text.ts'
import { isText } from '../inspection/words.ts'
import type { ParquetFacts } from '../parsing/jobs.ts'
import type { Parsers } from '../parsing/parsers.ts'
import { cut } from '../parsing/shown-value.ts'
import type { FileRecord } from '../record.ts'
import { indentJson } from './indent.ts'
import { isNumeric, readSeparated, type Separator } from './separated.ts'

/** What is read of a text; no more of it is ever in memory. */
const TEXT_BYTES = 64 * 1024
const TABLE_BYTES = 256 * 1024
const JSON_BYTES = 128 * 1024
const MAX_LINES = 2_000
const MAX_ROWS = 50
const MAX_COLUMNS = 50
/** A page does not wait longer for a storage. */
const READ_LIMIT_MS = 4_000
/** Previews that took a parser are kept for so many files. */
const MAX_KEPT = 100

/** The beginning of a file, in the form in which people read it. */
export type FileContent =
  | { readonly kind: 'text'; readonly text: string; readonly truncated: boolean; readonly charset: Text['charset'] }
  | {
      readonly kind: 'table'
      readonly table: ContentTable
      readonly truncated: boolean
      readonly charset: Text['charset']
    }
  | { readonly kind: 'parquet'; readonly facts: ParquetFacts }
  /** With the reason, where there is one to give. */
  | { readonly kind: 'none'; readonly reason?: string }

export interface ContentTable {
  readonly separator: Separator
  readonly columns: readonly { readonly name: string; readonly numeric: boolean }[]
  readonly rows: readonly (readonly string[])[]
  /** Columns beyond those that are shown. */
  readonly moreColumns: number
}

/** The beginnings of files, for their pages. */
export interface Previews {
  /** Never fails: what cannot be read has no preview, and why. */
  of(file: FileRecord): Promise<FileContent>
}

export interface PreviewsOptions {
  readonly sources: Pick<Sources, 'byId'>
  readonly parsers: Pick<Parsers, 'parquet'>
  readonly log: Log
}

export function createPreviews({ sources, parsers, log }: PreviewsOptions): Previews {
  const kept = new Map<string, Promise<FileContent>>()

  async function read(file: FileRecord): Promise<FileContent> {
    const { contentType, size } = file
    if (contentType === 'application/vnd.apache.parquet') return await once(file)
    if (!isText(contentType) || size === null) return { kind: 'none' }
    if (/^text\/(?:csv|tab-separated-values)$/.test(contentType)) return tableOf(await head(file, TABLE_BYTES), size)
    if (/[/+]json$/.test(contentType)) return jsonOf(await head(file, JSON_BYTES), size)
    return textOf(await head(file, TEXT_BYTES), size)
  }

  async function head({ sourceId, path, size }: FileRecord, most: number): Promise<Buffer> {
    const storage = await sources.byId(sourceId)?.storage()
    if (storage === undefined) throw new HoldallError('source_inactive', { source: String(sourceId) })
    const length = Math.min(size ?? 0, most)
    return await readRange(storage, path, { offset: 0, length }, AbortSignal.timeout(READ_LIMIT_MS))
  }

  /** What takes a process is kept: a page is often opened again. */
  function once(file: FileRecord): Promise<FileContent> {
    const key = [file.id, file.contentHash, file.version].join(' ')
    const known = kept.get(key)
    if (known !== undefined) return known
    const made = parquet(file).catch((error: unknown) => {
      kept.delete(key)
      throw error
    })
    kept.set(key, made)
    for (const oldest of kept.keys()) if (kept.size > MAX_KEPT) kept.delete(oldest)
    return made
  }

  async function parquet({ sourceId, path, size }: FileRecord): Promise<FileContent> {
    const storage = await sources.byId(sourceId)?.storage()
    if (storage === undefined) throw new HoldallError('source_inactive', { source: String(sourceId) })
    try {
      return { kind: 'parquet', facts: await parsers.parquet({ storage, path, size: size ?? 0 }) }
    } catch (error) {
      if (!(error instanceof ChildFailure) || error.kind === 'source' || error.kind === 'unavailable') throw error
      if (error.kind === 'refused') return { kind: 'none', reason: `Not a Parquet file: ${error.message}.` }
      return { kind: 'none', reason: 'Reading it takes more time or memory than a preview may.' }
    }
  }

  return {
    async of(file) {
      try {
        return await read(file)
      } catch (error) {
        log.warn('file not previewed', { file: file.id, error })
        const cause = error instanceof ChildFailure ? error.cause : error
        const gone = cause instanceof HoldallError && cause.code === 'file_missing'
        return { kind: 'none', reason: gone ? 'The storage no longer has it.' : 'It could not be read just now.' }
      }
    },
  }
}

function textOf(bytes: Buffer, size: number): FileContent {
  const complete = bytes.length >= size
  const found = asText(bytes, complete)
  if (found === undefined) return { kind: 'none' }
  const lines = whole(found.text, complete).split('\n')
  const text = lines.slice(0, MAX_LINES).join('\n')
  return { kind: 'text', text, truncated: !complete || lines.length > MAX_LINES, charset: found.charset }
}

function jsonOf(bytes: Buffer, size: number): FileContent {
  const complete = bytes.length >= size
  const found = asText(bytes, complete)
  if (found === undefined) return { kind: 'none' }
  const { text, truncated } = indentJson(whole(found.text, complete), MAX_LINES)
  return { kind: 'text', text, truncated: !complete || truncated, charset: found.charset }
}

function tableOf(bytes: Buffer, size: number): FileContent {
  const complete = bytes.length >= size
  const found = asText(bytes, complete)
  if (found === undefined) return { kind: 'none' }
  const { separator, head, rows } = readSeparated(whole(found.text, complete), MAX_ROWS + 1, complete)
  const shown = rows.slice(0, MAX_ROWS)
  const width = Math.max(head?.length ?? 0, ...shown.map((row) => row.length))
  if (width === 0) return { kind: 'none' }
  const columns = Array.from({ length: Math.min(width, MAX_COLUMNS) }, (_, at) => ({
    name: cut(head?.[at] ?? `Column ${at + 1}`),
    numeric: isNumeric(shown.map((row) => row[at])),
  }))
  const table = {
    separator,
    columns,
    rows: shown.map((row) => columns.map((_, at) => cut(row[at] ?? ''))),
    moreColumns: width - columns.length,
  }
  return { kind: 'table', table, truncated: !complete || rows.length > MAX_ROWS, charset: found.charset }
}

/** Without its byte order mark, and without the half of a character at a cut. */
function whole(text: string, complete: boolean): string {
  const body = text.replace(/^\uFEFF/, '').toWellFormed()
  return complete ? body : body.replace(/\uFFFD$/, '')
}
