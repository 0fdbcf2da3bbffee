import { z } from 'zod'
import { type Ignored, kindOf, readBlock, readEntries } from './block.ts'
import {
  type ColumnType,
  FILE_COLUMN_SHAPE,
  type FileColumnConfig,
  fileColumnOf,
  readColumnType,
} from './file-columns.ts'
import { METADATA_IGNORED, METADATA_SHAPE, type Metadata, metadataOf } from './metadata.ts'
import type { Path } from './path.ts'
import { type PermissionRule, readPermissions, readViewAllow } from './permissions.ts'
import type { Report } from './report.ts'
import { block, flag, isBlock, name, names, text, wholeNumber } from './values.ts'

export interface ColumnConfig {
  readonly description?: string
  readonly fileColumn?: FileColumnConfig
  /** A column type of Datasette other than `file`: `url`, `email`, `json`, `textarea`, or a plugin's. */
  readonly columnType?: ColumnType
}

export interface FacetConfig {
  readonly type: 'column' | 'array' | 'date'
  readonly column: string
}

/** Under the names that Datasette gives these keys. */
export interface TableConfig {
  readonly label_column?: string
  readonly sort?: string
  readonly sort_desc?: string
  /** Rows a page. */
  readonly size?: number | 'max'
  readonly hidden?: boolean
  /** No column when empty; every column when absent. */
  readonly sortable_columns?: readonly string[]
  readonly facets?: readonly FacetConfig[]
  readonly facet_size?: number | 'max'
  readonly fts_table?: string
  readonly fts_pk?: string
  readonly searchmode?: 'raw' | 'escaped'
  /** By column. */
  readonly units: Readonly<Record<string, string>>
  readonly columns: Readonly<Record<string, ColumnConfig>>
  readonly metadata: Metadata
}

const FACET_ERROR = 'must be a column, or { array: COLUMN } or { date: COLUMN }.'
const size = z.union([wholeNumber(1), z.literal('max')], { error: 'must be a whole number of at least 1, or max.' })

const SHAPE = {
  label_column: name,
  sort: name,
  sort_desc: name,
  size,
  hidden: flag,
  sortable_columns: names,
  facets: z.preprocess(
    (value) => (Array.isArray(value) ? value.map(facetOf) : value),
    z.array(
      z.object(
        { type: z.enum(['column', 'array', 'date'], { error: FACET_ERROR }), column: name },
        { error: FACET_ERROR },
      ),
      { error: 'must be a list of facets.' },
    ),
  ),
  facet_size: size,
  fts_table: name,
  fts_pk: name,
  searchmode: z.enum(['raw', 'escaped'], { error: 'must be raw or escaped.' }),
  units: z.unknown(),
  columns: z.unknown(),
  column_types: z.unknown(),
  allow: z.unknown(),
  permissions: z.unknown(),
  ...METADATA_SHAPE,
}

const IGNORED: Ignored = { ...METADATA_IGNORED, plugins: 'no plugin here reads a block at this level' }
const COLUMN_SHAPE = { description: text, ...FILE_COLUMN_SHAPE }
const COLUMN_TYPES = ['file', 'url', 'email', 'json', 'textarea']

/** One table of a database, and the rules it holds. */
export function readTable(
  report: Report,
  path: Path,
  value: unknown,
  database: string,
  table: string,
): { table: TableConfig; rules: PermissionRule[] } {
  const read = readBlock(report, path, value, SHAPE, IGNORED)
  const { allow, permissions, columns, column_types, units, ...rest } = read
  if (rest.sort !== undefined && rest.sort_desc !== undefined) {
    report.problem([...path, 'sort_desc'], 'stands beside `sort`. Only one of them can be.')
  }
  if (rest.facets !== undefined && rest.facets.length > 0) {
    report.note([...path, 'facets'], 'is kept, but facets of tables are not served.')
  }
  const resource = { kind: 'table', parent: database, child: table } as const
  const kept = Object.entries(rest).filter(([key]) => !Object.hasOwn(METADATA_SHAPE, key))
  return {
    table: {
      ...(Object.fromEntries(kept) as Omit<typeof rest, keyof Metadata>),
      units: readUnits(report, [...path, 'units'], units),
      columns: readColumns(report, path, columns, column_types),
      metadata: metadataOf(rest),
    },
    rules: [
      ...readViewAllow(report, [...path, 'allow'], allow, resource),
      ...readPermissions(report, [...path, 'permissions'], permissions, resource),
    ],
  }
}

function readUnits(report: Report, path: Path, value: unknown): Record<string, string> {
  const units = block<string>()
  for (const [column, unit] of readEntries(report, path, value)) {
    if (typeof unit === 'string') units[column] = unit
    else report.problem([...path, column], 'must be a text.')
  }
  return units
}

function readColumns(report: Report, path: Path, columns: unknown, types: unknown): Record<string, ColumnConfig> {
  const byColumn = new Map(readEntries(report, [...path, 'columns'], columns))
  const byType = new Map(readEntries(report, [...path, 'column_types'], types))
  return block(
    [...new Set([...byColumn.keys(), ...byType.keys()])].map((column) => {
      const at = { column: [...path, 'columns', column], type: [...path, 'column_types', column] }
      return [column, readColumn(report, at, byColumn.get(column), byType.get(column))] as const
    }),
  )
}

function readColumn(
  report: Report,
  path: { readonly column: Path; readonly type: Path },
  value: unknown,
  typeValue: unknown,
): ColumnConfig {
  // Datasette's metadata gives a column its description alone.
  const described = typeof value === 'string' ? { description: value } : value
  if (described !== null && described !== undefined && !isBlock(described)) {
    report.problem(path.column, `must be a description or a block of keys, not ${kindOf(described)}.`)
    return {}
  }
  const { description, ...keys } = readBlock(report, path.column, described, COLUMN_SHAPE)
  const columnType = readColumnType(report, path.type, typeValue)
  if (columnType && !COLUMN_TYPES.includes(columnType.type)) {
    report.note(path.type, 'is a column type that only Datasette plugins know; the column is shown as it is.')
  }
  const fileColumn = fileColumnOf(report, path, keys, columnType)
  return {
    ...(description !== undefined && { description }),
    ...(fileColumn && { fileColumn }),
    ...(columnType && columnType.type !== 'file' && { columnType }),
  }
}

/** `tags`, `{array: tags}` and `{array: {column: tags}}`. */
function facetOf(value: unknown): unknown {
  if (!isBlock(value)) return { type: 'column', column: value }
  const entries = Object.entries(value)
  const [type, config] = entries[0] ?? []
  return entries.length === 1 ? { type, column: isBlock(config) ? config.column : config } : value
}
