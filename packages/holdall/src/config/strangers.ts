import type { CollectionConfig, TypedConfig } from './collections.ts'
import type { DatabaseConfig } from './databases.ts'
import { nearest } from './nearest.ts'
import { type Path, quote } from './path.ts'
import type { Report } from './report.ts'

/** The one source that is there when none is configured. */
const DEFAULT_SOURCE = 'files'
const DEFAULT_CATALOG = 'embedded'

export interface Declarations {
  readonly databases: Readonly<Record<string, DatabaseConfig>>
  readonly collections: readonly CollectionConfig[]
  readonly sources: ReadonlySet<string>
  readonly catalogs: Readonly<Record<string, TypedConfig>>
}

/** Notes every source and catalog that something names and the file does not have: it may be made at runtime, or a slip. */
export function noteStrangers(report: Report, { databases, collections, sources, catalogs }: Declarations): void {
  const knownSources = sources.size > 0 ? [...sources] : [DEFAULT_SOURCE]
  const knownCatalogs = [...Object.keys(catalogs), DEFAULT_CATALOG]

  for (const [database, { tables }] of Object.entries(databases)) {
    for (const [table, { columns }] of Object.entries(tables)) {
      for (const [column, { fileColumn }] of Object.entries(columns)) {
        const path = ['databases', database, 'tables', table, 'columns', column, 'file_source']
        note(report, path, 'source', fileColumn?.source, knownSources)
      }
    }
  }
  for (const [index, { source, catalog }] of collections.entries()) {
    note(report, ['collections', index, 'source'], 'source', source, knownSources)
    note(report, ['collections', index, 'catalog'], 'catalog', catalog, knownCatalogs)
  }
}

function note(report: Report, path: Path, kind: string, name: string | undefined, known: readonly string[]): void {
  if (name === undefined || known.includes(name)) return
  const close = nearest(name, known)
  const hint = close === undefined ? '' : ` Did you mean ${quote(close)}?`
  report.note(path, `names the ${kind} ${quote(name)}, which this file does not declare.${hint}`)
}
