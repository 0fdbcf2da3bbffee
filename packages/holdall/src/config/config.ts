import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { type Ignored, readBlock } from './block.ts'
import { type CollectionConfig, readCollections, readTyped, readTypedBlocks, type TypedConfig } from './collections.ts'
import { type DatabaseConfig, readDatabases } from './databases.ts'
import { readDocument } from './document.ts'
import { METADATA_IGNORED, METADATA_SHAPE, type Metadata, metadataOf } from './metadata.ts'
import { overlay } from './overrides.ts'
import { formatPath, type Path } from './path.ts'
import { type PermissionRule, readRootPermissions, readSqlAllow, readViewAllow } from './permissions.ts'
import { readPlugins } from './plugins.ts'
import { reasonOf, resolveReferences } from './references.ts'
import { type ConfigNote, ConfigurationError, type ConfigurationProblem, createReport, type Report } from './report.ts'
import { readSettings, type Settings } from './settings.ts'
import { readSources, type SourceConfig } from './sources.ts'
import { noteStrangers } from './strangers.ts'
import { type Block, block, isBlock } from './values.ts'

export type { AllowBlock } from './allow.ts'
export type { CollectionConfig, TypedConfig } from './collections.ts'
export { COLLECTION_ID, COLLECTION_ID_RULE } from './collections.ts'
export type { DatabaseConfig } from './databases.ts'
export { acceptList } from './file-columns.ts'
export type { Metadata } from './metadata.ts'
export type { Path } from './path.ts'
export type { PermissionRule } from './permissions.ts'
export type { ConfigNote } from './report.ts'
export { ConfigurationError, describeNotes } from './report.ts'
export { DEFAULT_SETTINGS, type Settings } from './settings.ts'
export type { SourceConfig, SyncConfig } from './sources.ts'
export { SOURCE_SLUG } from './sources.ts'
export type { TableConfig } from './tables.ts'

/**
 * The configuration, checked and typed. Dictionaries whose keys the file chooses have no prototype, so that
 * `databases.constructor` is a database or undefined.
 */
export interface Config {
  /** The absolute path of the file; `undefined` without one. */
  readonly file?: string
  /** Where relative paths of the file begin: its directory, or the working directory without a file. */
  readonly directory: string
  readonly settings: Settings
  readonly metadata: Metadata
  readonly databases: Readonly<Record<string, DatabaseConfig>>
  readonly sources: Readonly<Record<string, SourceConfig>>
  readonly collections: readonly CollectionConfig[]
  readonly catalogs: Readonly<Record<string, TypedConfig>>
  readonly sessionStore?: TypedConfig
  /** Everything the file says about who may do what, wherever it says it. */
  readonly rules: readonly PermissionRule[]
  /** By package name or path, with the options as written; a path is relative to `directory`. */
  readonly plugins: Readonly<Record<string, unknown>>
}

export interface LoadOptions {
  /** The configuration file, as given with `-c`; without one there is only what the command line says. */
  readonly file?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Database files of the command line. */
  readonly databases?: readonly string[]
  /** Blocks that are laid over those of the file, such as `{settings: {base_url: '/x/'}}`. */
  readonly overrides?: Readonly<Record<string, unknown>>
  readonly cwd?: string
  readonly readFile?: (path: string) => Uint8Array
  /** What the rooms find wrong with their blocks; said together with everything else. */
  readonly check?: (config: Config) => readonly Complaint[]
}

/** Something that a room finds wrong with a block of the configuration. */
export interface Complaint {
  readonly path: Path
  readonly message: string
}

const SHAPE = {
  settings: z.unknown(),
  databases: z.unknown(),
  sources: z.unknown(),
  collections: z.unknown(),
  catalogs: z.unknown(),
  session_store: z.unknown(),
  permissions: z.unknown(),
  plugins: z.unknown(),
  allow: z.unknown(),
  allow_sql: z.unknown(),
  ...METADATA_SHAPE,
}

const IGNORED: Ignored = { ...METADATA_IGNORED, default_deny: 'Datasette takes it on the command line only' }

/**
 * Reads `holdall.yaml`, `datasette.yaml` or the JSON of either.
 *
 * @throws ConfigurationError with every problem of the file at once, and nothing else
 */
export function loadConfig(options: LoadOptions): { config: Config; notes: ConfigNote[] } {
  const { cwd = process.cwd(), readFile = readFileSync } = options
  const file = options.file === undefined ? undefined : resolve(cwd, options.file)
  const directory = file === undefined ? cwd : dirname(file)
  const { root, locate } = options.file === undefined ? NOTHING : readFileAt(options.file, file as string, readFile)

  const { value, covers } = overlay(root, options.overrides ?? {})
  const report = createReport((path) => (covers(path) ? undefined : locate(path)), options.file)
  const resolved = resolveReferences(report, [], value, { env: options.env, directory, readFile })
  const read = readConfig(report, isBlock(resolved) ? resolved : block(), {
    directory,
    cwd,
    commandLine: options.databases ?? [],
  })
  const config = { ...(file !== undefined && { file }), directory, ...read }
  for (const { path, message } of options.check?.(config) ?? []) report.problem(path, message)
  return { config, notes: report.finish() }
}

const NOTHING = { root: block(), locate: () => undefined }

function readFileAt(given: string, absolute: string, readFile: (path: string) => Uint8Array) {
  const problems: ConfigurationProblem[] = []
  let bytes: Uint8Array
  try {
    bytes = readFile(absolute)
  } catch (error) {
    throw new ConfigurationError([{ path: '', file: given, message: `cannot be read: ${reasonOf(error)}.` }])
  }
  const document = readDocument(bytes, (path, message, place) => {
    problems.push({ path: formatPath(path), message, file: given, ...place })
  })
  if (problems.length > 0) throw new ConfigurationError(problems)
  return document
}

interface ReadContext {
  readonly directory: string
  readonly cwd: string
  readonly commandLine: readonly string[]
}

function readConfig(report: Report, root: Block, context: ReadContext): Omit<Config, 'file' | 'directory'> {
  const blocks = readBlock(report, [], root, SHAPE, IGNORED)
  const { plugins, ...files } = readPlugins(report, ['plugins'], blocks.plugins)
  const settings = readSettings(report, ['settings'], blocks.settings, files.settings)
  const { sources, rules: sourceRules } = readSources(
    report,
    [
      { path: ['sources'], value: blocks.sources },
      { ...files.sources, startedIn: context.cwd },
    ],
    context.directory,
  )
  const { collections, rules: collectionRules } = readCollections(report, ['collections'], blocks.collections)
  const declared = {
    source: new Set([...keysOf(blocks.sources), ...keysOf(files.sources.value)]),
    collection: new Set(collections.map(({ id }) => id)),
  }
  const { databases, rules: databaseRules } = readDatabases(report, ['databases'], blocks.databases, {
    ...context,
    sources: declared.source,
  })
  const catalogs = readTypedBlocks(report, ['catalogs'], blocks.catalogs)
  const sessionStore = readTyped(report, ['session_store'], blocks.session_store)
  const instance = { kind: 'instance' } as const
  const rules = [
    ...readViewAllow(report, ['allow'], blocks.allow, instance),
    ...readSqlAllow(report, ['allow_sql'], blocks.allow_sql, instance),
    ...(settings.default_allow_sql ? [] : [NO_SQL]),
    ...readRootPermissions(report, ['permissions'], blocks.permissions, declared),
    ...databaseRules,
    ...sourceRules,
    ...collectionRules,
  ]
  noteStrangers(report, { databases, collections, sources: declared.source, catalogs })
  const metadata = metadataOf(blocks)
  return {
    settings,
    metadata,
    databases,
    sources,
    collections,
    catalogs,
    ...(sessionStore && { sessionStore }),
    rules,
    plugins,
  }
}

const NO_SQL: PermissionRule = {
  action: 'execute-sql',
  resource: { kind: 'instance' },
  allow: false,
  path: 'settings.default_allow_sql',
}

function keysOf(value: unknown): string[] {
  return isBlock(value) ? Object.keys(value) : []
}
