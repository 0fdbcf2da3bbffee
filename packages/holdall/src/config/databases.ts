import { parse, resolve } from 'node:path'
import { z } from 'zod'
import { type Ignored, readBlock, readEntries } from './block.ts'
import { METADATA_IGNORED, METADATA_SHAPE, type Metadata, metadataOf } from './metadata.ts'
import { type Path, quote } from './path.ts'
import { type PermissionRule, readPermissions, readSqlAllow, readViewAllow } from './permissions.ts'
import type { Report } from './report.ts'
import { readTable, type TableConfig } from './tables.ts'
import { block, name } from './values.ts'

export interface DatabaseConfig {
  readonly name: string
  /** Absolute. Without one the database is only spoken of, and not served. */
  readonly path?: string
  readonly tables: Readonly<Record<string, TableConfig>>
  /** Datasette's stored queries, as written. */
  readonly queries: Readonly<Record<string, unknown>>
  readonly metadata: Metadata
}

const SHAPE = {
  path: name,
  tables: z.unknown(),
  queries: z.unknown(),
  allow: z.unknown(),
  allow_sql: z.unknown(),
  permissions: z.unknown(),
  ...METADATA_SHAPE,
}

const IGNORED: Ignored = { ...METADATA_IGNORED, plugins: 'no plugin here reads a block at this level' }
/** `/-/` is where everything lives that is not a database. */
const RESERVED = '-'

export interface DatabasesContext {
  /** Where a relative `path` in the file begins. */
  readonly directory: string
  /** Where a relative path on the command line begins. */
  readonly cwd: string
  readonly commandLine: readonly string[]
  /** The sources of the file. */
  readonly sources: ReadonlySet<string>
}

interface Read {
  database: DatabaseConfig
  rules: PermissionRule[]
}

/** The databases of the file and of the command line, in the order in which they are shown, and the rules they hold. */
export function readDatabases(
  report: Report,
  path: Path,
  value: unknown,
  context: DatabasesContext,
): { databases: Record<string, DatabaseConfig>; rules: PermissionRule[] } {
  const declared = new Map(
    readEntries(report, path, value).map(([key, entry]) => [
      key,
      readDatabase(report, [...path, key], entry, key, context),
    ]),
  )
  const databases = block<DatabaseConfig>()
  for (const [key, file] of namedPaths(context, declared)) {
    const before = declared.get(key)?.database
    if (before?.path !== undefined && before.path !== file) {
      report.note([...path, key, 'path'], `is ignored: the command line gives ${quote(file)}.`)
    }
    if (key === RESERVED)
      report.problem([...path, key], `${quote(file)} cannot be served under the name "-". Rename the file.`)
    databases[key] = { ...(before ?? empty(key)), path: file }
  }
  for (const [key, { database }] of declared) {
    if (key === RESERVED) report.problem([...path, key], 'cannot be the name of a database.')
    if (Object.hasOwn(databases, key)) continue
    if (database.path === undefined) {
      report.note([...path, key], 'is not served: it has no `path`, and the command line names no such database.')
    }
    databases[key] = database
  }
  return { databases, rules: [...declared.values()].flatMap(({ rules }) => rules) }
}

function empty(key: string): DatabaseConfig {
  return { name: key, tables: block(), queries: block(), metadata: {} }
}

/** The files of the command line, each under its name without the ending; a second one of a name becomes `name_2`. */
function namedPaths({ commandLine, cwd }: DatabasesContext, declared: ReadonlyMap<string, Read>): Map<string, string> {
  const named = new Map<string, string>()
  for (const given of commandLine) {
    const file = resolve(cwd, given)
    if ([...named.values()].includes(file)) continue
    const renamed = [...declared.values()].find(({ database }) => database.path === file)?.database.name
    const stem = renamed ?? parse(file).name
    let key = stem
    for (let count = 2; named.has(key); count++) key = `${stem}_${count}`
    named.set(key, file)
  }
  return named
}

function readDatabase(report: Report, path: Path, value: unknown, key: string, context: DatabasesContext): Read {
  const read = readBlock(report, path, value, SHAPE, IGNORED)
  const resource = { kind: 'database', parent: key } as const
  const namesake = context.sources.has(key) ? ({ kind: 'source', parent: key } as const) : undefined
  const tables = readEntries(report, [...path, 'tables'], read.tables).map(
    ([table, entry]) => [table, readTable(report, [...path, 'tables', table], entry, key, table)] as const,
  )
  const queries = readEntries(report, [...path, 'queries'], read.queries)
  if (queries.length > 0) report.note([...path, 'queries'], 'is kept, but stored queries are not served.')
  return {
    database: {
      name: key,
      ...(read.path !== undefined && { path: resolve(context.directory, read.path) }),
      tables: block(tables.map(([table, { table: config }]) => [table, config] as const)),
      queries: block(queries),
      metadata: metadataOf(read),
    },
    rules: [
      ...readViewAllow(report, [...path, 'allow'], read.allow, resource),
      ...readSqlAllow(report, [...path, 'allow_sql'], read.allow_sql, resource),
      ...readPermissions(report, [...path, 'permissions'], read.permissions, resource, namesake),
      ...tables.flatMap(([, { rules }]) => rules),
    ],
  }
}
