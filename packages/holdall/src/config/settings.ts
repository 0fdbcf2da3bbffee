import { z } from 'zod'
import { isHostEntry } from '../web/outgoing/addresses.ts'
import { type Ignored, readBlock } from './block.ts'
import type { Path } from './path.ts'
import type { Report } from './report.ts'
import { flag, wholeNumber } from './values.ts'

/** Under the names they have in the file. Times in milliseconds, sizes in bytes unless the name says otherwise. */
export interface Settings {
  /** Begins and ends with a slash. */
  readonly base_url: string
  readonly max_upload_bytes: number
  readonly sql_time_limit_ms: number
  /** Whether `X-Forwarded-*` headers are believed. */
  readonly trust_proxy: boolean
  /** Names, addresses and networks that sources may be at although they are not on the public internet. */
  readonly allow_private_hosts: readonly string[]
  readonly default_page_size: number
  readonly max_returned_rows: number
  readonly max_insert_rows: number
  /** 0 for no limit. */
  readonly max_post_body_bytes: number
  readonly default_facet_size: number
  readonly facet_time_limit_ms: number
  readonly facet_suggest_time_limit_ms: number
  readonly allow_facet: boolean
  readonly suggest_facets: boolean
  readonly default_allow_sql: boolean
  /** Seconds. */
  readonly default_cache_ttl: number
  readonly allow_csv_stream: boolean
  /** Megabytes; 0 for no limit. */
  readonly max_csv_mb: number
  /** Characters; 0 for no limit. */
  readonly truncate_cells_html: number
  readonly force_https_urls: boolean
  /** Whether whoever uploaded a file may edit or delete it. */
  readonly owners_can_edit: boolean
  readonly owners_can_delete: boolean
  readonly thumbnail_max_source_bytes?: number
  readonly thumbnail_max_pixels?: number
  readonly thumbnail_concurrency?: number
  readonly thumbnail_timeout_seconds?: number
  readonly parquet_limits?: ParquetLimitSettings
}

/** What the footer of a Parquet file may have at most. */
export interface ParquetLimitSettings {
  readonly footer_bytes?: number | undefined
  /** Levels of columns within columns. */
  readonly depth?: number | undefined
  /** Columns, those within others too. */
  readonly leaves?: number | undefined
  readonly row_groups?: number | undefined
}

export const DEFAULT_SETTINGS: Settings = {
  base_url: '/',
  max_upload_bytes: 5 * 1024 ** 4,
  sql_time_limit_ms: 1000,
  trust_proxy: false,
  allow_private_hosts: [],
  default_page_size: 100,
  max_returned_rows: 1000,
  max_insert_rows: 100,
  max_post_body_bytes: 2 * 1024 ** 2,
  default_facet_size: 30,
  facet_time_limit_ms: 200,
  facet_suggest_time_limit_ms: 50,
  allow_facet: true,
  suggest_facets: true,
  default_allow_sql: true,
  default_cache_ttl: 5,
  allow_csv_stream: true,
  max_csv_mb: 100,
  truncate_cells_html: 2048,
  force_https_urls: false,
  owners_can_edit: false,
  owners_can_delete: false,
}

const BASE_URL_ERROR = 'must be a path such as / or /prefix/, without host, query or spaces.'
const baseUrl = z
  .string({ error: BASE_URL_ERROR })
  .refine(isPrefix, { error: BASE_URL_ERROR })
  .transform((path) => `/${path}/`.replace(/\/+/g, '/'))

function isPrefix(path: string): boolean {
  const steps = path.split('/')
  return (
    /^[\w.~!$&'()*+,;=:@%/-]*$/.test(path) && !path.includes('://') && !steps.includes('.') && !steps.includes('..')
  )
}

const HOST_ERROR =
  'must be the name of a host, an address or a network, such as files.example.org, 10.1.2.3 or 10.0.0.0/8.'
const hostEntry = z.string({ error: HOST_ERROR }).refine(isHostEntry, { error: HOST_ERROR })
const hostEntries = z.preprocess(
  (value) => (Array.isArray(value) ? value : [value]),
  z.array(hostEntry, { error: HOST_ERROR }),
)

/** These are keys of datasette-files too, in its block under `plugins`. */
export const FILES_SHAPE = {
  owners_can_edit: flag,
  owners_can_delete: flag,
  thumbnail_max_source_bytes: wholeNumber(1),
  thumbnail_max_pixels: wholeNumber(1),
  thumbnail_concurrency: wholeNumber(1),
  thumbnail_timeout_seconds: wholeNumber(1),
}

export const FILES_IGNORED: Ignored = {
  thumbnail_process_memory_limit_bytes: 'image processes have a memory limit of their own',
  thumbnail_eager: 'thumbnails are made when somebody first looks',
}

const parquetLimits = z
  .strictObject(
    { footer_bytes: wholeNumber(1), depth: wholeNumber(1), leaves: wholeNumber(1), row_groups: wholeNumber(1) },
    { error: 'must be a block of limits: footer_bytes, depth, leaves and row_groups.' },
  )
  .partial()

const SHAPE = {
  base_url: baseUrl,
  max_upload_bytes: wholeNumber(1),
  sql_time_limit_ms: wholeNumber(1),
  trust_proxy: flag,
  allow_private_hosts: hostEntries,
  default_page_size: wholeNumber(1),
  max_returned_rows: wholeNumber(1),
  max_insert_rows: wholeNumber(1),
  max_post_body_bytes: wholeNumber(0),
  default_facet_size: wholeNumber(1),
  facet_time_limit_ms: wholeNumber(1),
  facet_suggest_time_limit_ms: wholeNumber(1),
  allow_facet: flag,
  suggest_facets: flag,
  default_allow_sql: flag,
  default_cache_ttl: wholeNumber(0),
  allow_csv_stream: flag,
  max_csv_mb: wholeNumber(0),
  truncate_cells_html: wholeNumber(0),
  force_https_urls: flag,
  ...FILES_SHAPE,
  parquet_limits: parquetLimits,
}

const IGNORED: Ignored = {
  ...FILES_IGNORED,
  num_sql_threads: 'queries run in a pool of processes',
  allow_download: 'database files are not offered for download',
  allow_signed_tokens: 'tokens are made at /-/tokens and by `holdall token create`',
  max_signed_tokens_ttl: 'the expiry of a token is set where it is made',
  cache_size_kb: 'SQLite keeps its own cache size',
  template_debug: 'pages are not made from templates',
  trace_debug: 'there is no tracing of SQL',
  hash_urls: 'Datasette itself has removed it',
  default_cache_ttl_hashed: 'Datasette itself has removed it',
}

/** @param files the settings that datasette-files keeps in its own block; what `settings` says comes first */
export function readSettings(report: Report, path: Path, value: unknown, files: Partial<Settings>): Settings {
  return { ...DEFAULT_SETTINGS, ...files, ...readBlock(report, path, value, SHAPE, IGNORED) }
}
