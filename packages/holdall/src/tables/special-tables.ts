const NAME = `(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|\`(?:[^\`]|\`\`)*\`|\\[[^\\]]*\\]|[^\\s.()'"\`[\\],]+)`
const VIRTUAL = new RegExp(
  `^\\s*CREATE\\s+VIRTUAL\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${NAME}(?:\\s*\\.\\s*${NAME})?\\s*USING\\s+(${NAME})`,
  'i',
)
const CONTENT = new RegExp(`[(,]\\s*content\\s*=\\s*(${NAME})`, 'i')
const COMMENTS = /--[^\n]*|\/\*[\s\S]*?\*\//g

/** Bookkeeping of SQLite, of Datasette's plugins and of SpatiaLite, which lists of tables leave out. */
export function isHiddenName(name: string): boolean {
  return name.startsWith('_') || /^sqlite_stat[1-4]$/.test(name)
}

/** Present, beside tables whose names begin with `idx_`, in every database that has `geometry_columns`. */
export const SPATIAL_TABLES: ReadonlySet<string> = new Set([
  'ElementaryGeometries',
  'SpatialIndex',
  'geometry_columns',
  'spatial_ref_sys',
  'spatialite_history',
  'sql_statements_log',
  'sqlite_sequence',
  'views_geometry_columns',
  'virts_geometry_columns',
  'data_licenses',
  'KNN',
  'KNN2',
])

/** The module of a virtual table, in lower case; null for any other table. */
export function virtualModuleOf(sql: string | null): string | null {
  const match = VIRTUAL.exec((sql ?? '').replace(COMMENTS, ' '))
  return match?.[1] === undefined ? null : unquote(match[1]).toLowerCase()
}

export function isFullText(sql: string | null): boolean {
  return ['fts3', 'fts4', 'fts5'].includes(virtualModuleOf(sql) ?? '')
}

/** The table that an external-content full-text table indexes. */
export function contentTableOf(sql: string | null): string | null {
  const match = CONTENT.exec((sql ?? '').replace(COMMENTS, ' '))
  return match?.[1] === undefined ? null : unquote(match[1])
}

function unquote(name: string): string {
  const quote = name[0] ?? ''
  if (quote === '[') return name.slice(1, -1)
  return `"'\``.includes(quote) && quote !== '' ? name.slice(1, -1).replaceAll(quote + quote, quote) : name
}
