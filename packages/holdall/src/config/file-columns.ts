import { z } from 'zod'
import { readBlock } from './block.ts'
import type { Path } from './path.ts'
import type { Report } from './report.ts'
import { flag, name, text, wholeNumber } from './values.ts'

/** What the cells of a file column may hold. */
export interface FileColumnConfig {
  /** Where uploads into the column go; without it the person chooses. */
  readonly source?: string
  /** Whether a cell holds a list of files. */
  readonly multiple: boolean
  /** Types such as `image/*` and extensions such as `.pdf`, in lower case; empty for everything. */
  readonly accept: readonly string[]
  /** Bytes. */
  readonly maxSize?: number
}

const ACCEPTED = /^(?:\.[^\s,/*.][^\s,/*]*|\*\/\*|[a-z0-9][\w!#$&^+.-]*\/(?:\*|[a-z0-9][\w!#$&^+.-]*))$/i
const ACCEPT_ERROR = 'must be types such as image/* or application/pdf, or extensions such as .pdf.'

/** `image/*, .pdf` or a list of such; in lower case. */
export const acceptList = z.preprocess(
  (value) => {
    const items = Array.isArray(value) ? value : [value]
    return items.flatMap((item) =>
      typeof item === 'string' ? item.split(',').map((part) => part.trim().toLowerCase()) : [item],
    )
  },
  z.array(z.string({ error: ACCEPT_ERROR }).regex(ACCEPTED, { error: ACCEPT_ERROR })),
)

/** The keys of a column that make it a file column. */
export const FILE_COLUMN_SHAPE = {
  file_column: flag,
  file_source: name,
  file_accept: acceptList,
  file_max_size: wholeNumber(1),
  file_multiple: flag,
}

/** `config` of a column type `file`, with or without the prefix. */
const TYPE_SHAPE = {
  source: name,
  accept: acceptList,
  max_size: wholeNumber(1),
  multiple: flag,
  file_source: name,
  file_accept: acceptList,
  file_max_size: wholeNumber(1),
  file_multiple: flag,
}

export interface FileColumnKeys {
  file_column?: boolean
  file_source?: string
  file_accept?: string[]
  file_max_size?: number
  file_multiple?: boolean
}

export interface ColumnType {
  readonly type: string
  /** As written. */
  readonly config?: unknown
}

const COLUMN_TYPE_SHAPE = { type: text.pipe(z.string().min(1)), config: z.unknown() }

/** `photo: file`, or `photo: {type: file, config: …}`. */
export function readColumnType(report: Report, path: Path, value: unknown): ColumnType | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'string' && value !== '') return { type: value }
  const { type, config } = readBlock(report, path, value, COLUMN_TYPE_SHAPE)
  if (type === undefined) {
    report.problem([...path, 'type'], 'is missing: a column type is a name, or a block with `type` and `config`.')
    return undefined
  }
  return { type, ...(config !== undefined && { config }) }
}

/** What the column's own keys and its column type together say; the column's own keys come first. */
export function fileColumnOf(
  report: Report,
  path: { readonly column: Path; readonly type: Path },
  keys: FileColumnKeys,
  type: ColumnType | undefined,
): FileColumnConfig | undefined {
  const typed = type?.type === 'file'
  const said = (['file_source', 'file_accept', 'file_max_size', 'file_multiple'] as const).find((key) => key in keys)
  if (typed && keys.file_column === false) {
    report.problem([...path.column, 'file_column'], 'is false, but `column_types` says that the column holds files.')
  }
  if (!typed && keys.file_column === undefined && said !== undefined) {
    report.problem([...path.column, said], 'has no effect without `file_column: true`.')
  }
  const config = typed ? readBlock(report, [...path.type, 'config'], type.config, TYPE_SHAPE) : {}
  if (!typed && !keys.file_column) return undefined

  const source = keys.file_source ?? config.source ?? config.file_source
  const maxSize = keys.file_max_size ?? config.max_size ?? config.file_max_size
  return {
    ...(source !== undefined && { source }),
    multiple: keys.file_multiple ?? config.multiple ?? config.file_multiple ?? false,
    accept: keys.file_accept ?? config.accept ?? config.file_accept ?? [],
    ...(maxSize !== undefined && { maxSize }),
  }
}
