import { resolve } from 'node:path'
import { z } from 'zod'
import { readBlock, readEntries } from './block.ts'
import { acceptList } from './file-columns.ts'
import { type Path, quote } from './path.ts'
import { type PermissionRule, readPermissions } from './permissions.ts'
import type { Report } from './report.ts'
import { type Block, block, flag, isBlock, name, names, text, wholeNumber } from './values.ts'

/** When the registry follows the storage's listing. */
export type SyncConfig = { readonly when: 'start' | 'manual' } | { readonly when: 'every'; readonly seconds: number }

/** Which files get their hash by reading them again, when their bytes did not pass through here. */
export type HashConfig = { readonly when: 'background' | 'none' } | { readonly when: 'up-to'; readonly bytes: number }

export interface SourceConfig {
  readonly slug: string
  readonly label?: string
  /** The type; whether there is such a storage is known when the plugins are loaded. */
  readonly storage: string
  /** For the storage's own schema. `$secret` references are in it as they were written; a relative `root` is absolute. */
  readonly config: Block
  /** Types by content such as `image/*`, and extensions such as `.pdf`, in lower case; empty for everything. */
  readonly accept: readonly string[]
  readonly reject: readonly string[]
  /** Bytes. */
  readonly maxFileSize?: number
  readonly onTypeMismatch: 'record' | 'refuse'
  readonly sync?: SyncConfig
  readonly hash?: HashConfig
  /** The secrets that the source may read by name, beside those its `config` refers to. */
  readonly secrets: readonly string[]
  /** Whether the position stays in the facts of a photo. */
  readonly keepGps: boolean
  /** Whether a sync lists what systems keep for themselves, too. */
  readonly keepSystemFiles: boolean
}

/** What a source may be called: it stands in addresses, where `.json` is an ending. */
export const SOURCE_SLUG = /^(?!.*\.json$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/
export const SOURCE_SLUG_ERROR =
  'must be called by 1 to 100 letters, digits, dots, dashes or underscores, not beginning with a dot or dash, not ending in .json.'

const SYNC_ERROR = 'must be start, manual, or every and a time, such as every 6h (s, m, h, d).'
const HASH_ERROR = 'must be background, none, or up to and a size, such as up to 1GB.'
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
/** Decimal as storages sell them, binary with an i. */
const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
}

const sync = z.string({ error: SYNC_ERROR }).transform((written, context): SyncConfig => {
  if (written === 'start' || written === 'manual') return { when: written }
  const [, count, unit = ''] = /^every +([1-9]\d{0,5}) *([smhd])$/.exec(written) ?? []
  if (count !== undefined) return { when: 'every', seconds: Number(count) * (SECONDS[unit] as number) }
  context.addIssue({ code: 'custom', message: SYNC_ERROR })
  return z.NEVER
})

const hash = z.string({ error: HASH_ERROR }).transform((written, context): HashConfig => {
  if (written === 'background' || written === 'none') return { when: written }
  const [, count, unit = ''] = /^up to +(\d{1,6}(?:\.\d{1,3})?) *((?:[kmgt]i?)?b)$/i.exec(written) ?? []
  if (count !== undefined) {
    return { when: 'up-to', bytes: Math.round(Number(count) * (BYTES[unit.toLowerCase()] as number)) }
  }
  context.addIssue({ code: 'custom', message: HASH_ERROR })
  return z.NEVER
})

const SHAPE = {
  label: text,
  storage: name,
  config: z.unknown(),
  accept: acceptList,
  reject: acceptList,
  max_file_size: wholeNumber(1),
  on_type_mismatch: z.enum(['record', 'refuse'], { error: 'must be record or refuse.' }),
  sync,
  hash,
  secrets: names,
  keep_gps: flag,
  keep_system_files: flag,
  permissions: z.unknown(),
}

/** One source, and the rules it holds; `undefined` when it is not sound, which is reported. */
export function readSource(
  report: Report,
  path: Path,
  value: unknown,
  slug: string,
  directory: string,
): { source: SourceConfig | undefined; rules: PermissionRule[] } {
  if (!SOURCE_SLUG.test(slug)) report.problem(path, SOURCE_SLUG_ERROR)
  const read = readBlock(report, path, value, SHAPE)
  const written = isBlock(value) ? value.storage : undefined
  if (written === undefined || written === null) {
    report.problem([...path, 'storage'], 'is missing: a source names its storage, such as `storage: filesystem`.')
  }
  const rules = readPermissions(report, [...path, 'permissions'], read.permissions, { kind: 'source', parent: slug })
  const config = readStorageConfig(report, [...path, 'config'], read.config)
  if (read.storage === undefined) return { source: undefined, rules }
  return {
    rules,
    source: {
      slug,
      ...(read.label !== undefined && { label: read.label }),
      storage: read.storage,
      config: read.storage === 'filesystem' ? withAbsoluteRoot(config, directory) : config,
      accept: read.accept ?? [],
      reject: read.reject ?? [],
      ...(read.max_file_size !== undefined && { maxFileSize: read.max_file_size }),
      onTypeMismatch: read.on_type_mismatch ?? 'record',
      ...(read.sync && { sync: read.sync }),
      ...(read.hash && { hash: read.hash }),
      secrets: read.secrets ?? [],
      keepGps: read.keep_gps ?? false,
      keepSystemFiles: read.keep_system_files ?? false,
    },
  }
}

function readStorageConfig(report: Report, path: Path, value: unknown): Block {
  checkSecrets(report, path, value)
  return block(readEntries(report, path, value))
}

function checkSecrets(report: Report, path: Path, value: unknown): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      checkSecrets(report, [...path, index], item)
    })
  }
  if (!isBlock(value)) return
  if (Object.hasOwn(value, '$secret')) {
    const alone = Object.keys(value).length === 1
    if (!alone || typeof value.$secret !== 'string' || value.$secret === '') {
      report.problem(path, 'must be { $secret: NAME }, with the name of a secret and nothing else.')
    }
    return
  }
  for (const [key, entry] of Object.entries(value)) checkSecrets(report, [...path, key], entry)
}

/** A storage is not told where the file lies, so what is relative to it ends here. */
function withAbsoluteRoot(config: Block, directory: string): Block {
  return typeof config.root === 'string'
    ? block([...Object.entries(config), ['root', resolve(directory, config.root)]])
    : config
}

export interface SourcesBlock {
  readonly path: Path
  readonly value: unknown
  /** For the block of datasette-files, which begins relative roots where it is started. */
  readonly startedIn?: string
}

/** The sources of both dialects. A slug may be declared in one of them only. */
export function readSources(
  report: Report,
  blocks: readonly SourcesBlock[],
  directory: string,
): { sources: Record<string, SourceConfig>; rules: PermissionRule[] } {
  const sources = block<SourceConfig>()
  const seen = new Set<string>()
  const rules: PermissionRule[] = []
  for (const { path, value, startedIn = directory } of blocks) {
    for (const [slug, entry] of readEntries(report, path, value)) {
      const at = [...path, slug]
      if (seen.has(slug)) {
        report.problem(at, `is declared twice: ${quote(slug)} stands under \`sources\` too. Remove one.`)
      }
      seen.add(slug)
      const read = readSource(report, at, entry, slug, directory)
      if (read.source) {
        sources[slug] = read.source
        noteRoot(report, [...at, 'config', 'root'], read.source, entry, startedIn)
      }
      rules.push(...read.rules)
    }
  }
  return { sources, rules }
}

function noteRoot(
  report: Report,
  path: Path,
  { storage, config }: SourceConfig,
  entry: unknown,
  startedIn: string,
): void {
  const written = isBlock(entry) && isBlock(entry.config) ? entry.config.root : undefined
  if (storage !== 'filesystem' || typeof written !== 'string' || resolve(startedIn, written) === config.root) return
  report.note(
    path,
    `is relative to this file and means ${quote(String(config.root))}; to Datasette it is relative to where it is started.`,
  )
}
