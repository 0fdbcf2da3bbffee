import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Document, isMap, parseDocument } from 'yaml'

/** What `holdall serve` takes a value for, so that the value is not taken for a database. */
const WITH_VALUE = ['config', 'data', 'internal', 'port', 'host', 'secret', 'log', 'files', 'sample'] as const
const SHORT = { config: 'c', port: 'p', host: 'h' } as const

/** Databases of one's own that `npm start` was given, and folders whose files they shall have. */
export interface Own {
  readonly databases: readonly string[]
  readonly folders: readonly string[]
  /** What else was given, for `holdall serve`. */
  readonly others: readonly string[]
}

/**
 * Reads `my.db [--files FOLDER …]` out of what `npm start` was given; undefined where no database is named.
 *
 * @param from what paths are relative to
 * @throws Error when `--files` or `--data` stands alone, or beside a configuration, which has sources of its own
 */
export function readOwn(given: readonly string[], from: string): Own | undefined {
  const tokens = tokensOf(given)
  const databases: string[] = []
  const folders: string[] = []
  const others: string[] = []
  let isFolder = false
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    // `--files one two`: folders, until another option comes or what is no folder's name.
    if (token.kind === 'positional') (isFolder ? folders : databases).push(resolve(from, token.value))
    else if (token.name === 'files') folders.push(resolve(from, token.value ?? ''))
    else others.push(token.rawName, ...(token.value === undefined ? [] : [token.value]))
    isFolder = token.kind === 'positional' ? isFolder : token.name === 'files'
  }
  if (databases.length === 0) {
    if (folders.length > 0) throw new Error('--files belongs to a database: npm start -- my.db --files FOLDER')
    if (tokens.some((token) => token.kind === 'option' && token.name === 'data')) {
      throw new Error('The sample keeps its data beside itself, wherever it is: npm start -- --sample FOLDER')
    }
    return undefined
  }
  if (folders.length > 0 && others.some((other) => other === '-c' || other === '--config')) {
    throw new Error('--files and a configuration do not go together: name the folder among its sources.')
  }
  return { databases, folders, others }
}

/** What was given without where it is to be served, and the port that was asked for. */
export function withoutAddress(given: readonly string[]): {
  readonly port: number | undefined
  readonly others: readonly string[]
} {
  const others = [...given]
  let port: number | undefined
  for (const token of tokensOf(given).reverse()) {
    if (token.kind !== 'option' || (token.name !== 'port' && token.name !== 'host')) continue
    others.splice(token.index, token.value === undefined || token.inlineValue ? 1 : 2)
    if (token.name === 'port') port ??= Number(token.value)
  }
  return { port, others }
}

function tokensOf(given: readonly string[]) {
  const options = Object.fromEntries(
    WITH_VALUE.map((name) => [
      name,
      { type: 'string', ...(name in SHORT && { short: SHORT[name as 'port'] }) } as const,
    ]),
  )
  return parseArgs({ args: [...given], options, strict: false, allowPositionals: true, tokens: true }).tokens
}

/** What a first start writes. */
const NEW_CONFIGURATION = `# Settings of your own database and folders. What you write here stays; a folder that is given with --files is added.
sources:
  files:
    label: Files
    storage: filesystem
    config:
      root: data/files
`

/**
 * Makes the place where what is one's own is kept, apart from the sample, with a configuration in which the folders are
 * sources. What somebody has written into it stays.
 *
 * @returns the arguments that lead there
 */
export function prepareOwn(place: string, { folders }: Own): string[] {
  mkdirSync(place, { recursive: true })
  const file = join(place, 'holdall.yaml')
  const document = readConfiguration(file)
  const added = newIn(document, folders)
  for (const folder of added) addSource(document, folder)
  if (!existsSync(file) || added.length > 0) writeFileSync(file, document.toString({ lineWidth: 0 }))
  return ['-c', file, '--data', join(place, 'data'), '--log', join(place, 'holdall.log')]
}

/** Those of the folders that are no sources there yet. */
export function newFolders(place: string, folders: readonly string[]): string[] {
  return newIn(readConfiguration(join(place, 'holdall.yaml')), folders)
}

function readConfiguration(file: string): Document {
  return parseDocument(existsSync(file) ? readFileSync(file, 'utf8') : NEW_CONFIGURATION)
}

function newIn(document: Document, folders: readonly string[]): string[] {
  // What cannot be read is told by the server, with its line.
  if (document.errors.length > 0) return []
  const known = Object.values(sourcesIn(document)).map((source) => source?.config?.root)
  return [...new Set(folders)].filter((folder) => !known.includes(folder))
}

function sourcesIn(document: Document): Record<string, { config?: { root?: unknown } } | null> {
  return (document.toJS() as { sources?: ReturnType<typeof sourcesIn> | null } | null)?.sources ?? {}
}

function addSource(document: Document, folder: string): void {
  const sources = sourcesIn(document)
  const name =
    basename(folder)
      .replace(/[^A-Za-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .toLowerCase() || 'folder'
  let slug = name
  for (let at = 2; slug in sources; at++) slug = `${name}-${at}`
  if (!isMap(document.get('sources'))) document.set('sources', document.createNode({}))
  document.setIn(
    ['sources', slug],
    document.createNode({ label: basename(folder) || folder, storage: 'filesystem', config: { root: folder } }),
  )
}
