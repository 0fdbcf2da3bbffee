import { z } from 'zod'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import { ask, type Fetch, unavailable } from './ask.ts'
import { byPath, type Catalog, type RemoteFile } from './catalog.ts'
import { isPath } from './config.ts'
import { isCoded } from './facts.ts'

/** The record of an item, which is read whole: about 60,000 files. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024
const RECORD_LIMIT_MS = 60_000
/** So long a record answers for the item; every listing begins with a new one. */
const RECORD_LIFE_MS = 10 * 60_000

export interface ArchiveOptions {
  readonly fetch: Fetch
  readonly item: string
  /** Without a slash at its end. */
  readonly base: string
  readonly log: Log
  readonly now: () => number
  /** Default: RECORD_LIFE_MS. */
  readonly recordLifeMs?: number | undefined
}

/** Later times are none to JavaScript. */
const LAST_SECOND = 8_640_000_000_000
const digits = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
])
const truth = z.union([z.boolean(), z.string().transform((text) => text === 'true')])

// As the Internet Archive documents it (archive.org/developers/md-record.html): what a file says of itself is text.
const record = z.object({
  files: z.array(z.unknown()).optional(),
  is_dark: truth.optional().catch(undefined),
  error: z.string().optional().catch(undefined),
})
const recordFile = z.object({
  name: z.string(),
  size: digits.optional().catch(undefined),
  mtime: digits
    .refine((seconds) => seconds <= LAST_SECOND)
    .optional()
    .catch(undefined),
  md5: z
    .string()
    .regex(/^[0-9a-f]{32}$/i)
    .optional()
    .catch(undefined),
  private: truth.optional().catch(undefined),
})

interface Known {
  readonly at: number
  readonly files: readonly RemoteFile[]
  readonly byPath: ReadonlyMap<string, RemoteFile>
}

/**
 * The files of an item of the Internet Archive, as its record lists them. Files that are private there are left out.
 * Throws `unavailable` for an item that is not there or that the archive has withdrawn: its files are not lost.
 */
export function archiveItem(options: ArchiveOptions): Catalog {
  const { item, now, recordLifeMs = RECORD_LIFE_MS } = options
  let known: Known | undefined
  let loading: Promise<Known> | undefined
  let leftOut = ''

  async function load(): Promise<Known> {
    const at = now()
    const { files, privates, unusable } = readRecord(await fetchRecord(options), options)
    const counts = `${privates} ${unusable}`
    if (counts !== leftOut && counts !== '0 0') {
      options.log.warn('files of an archive item left out', { item, private: privates, unusable })
    }
    leftOut = counts
    known = { at, files, byPath: new Map(files.map((file) => [file.path, file])) }
    return known
  }

  async function current(life: number, signal?: AbortSignal): Promise<Known> {
    signal?.throwIfAborted()
    if (known !== undefined && now() - known.at < life) return known
    // Whoever waits may give up; the record is for the others too.
    loading ??= load().finally(() => {
      loading = undefined
    })
    return await unlessAborted(loading, signal)
  }

  return {
    find: async (path, signal) => (await current(recordLifeMs, signal)).byPath.get(path),
    all: async (anew, signal) => (await current(anew ? 0 : recordLifeMs, signal)).files,
  }
}

async function fetchRecord({ fetch, base, item }: ArchiveOptions): Promise<unknown> {
  const url = `${base}/metadata/${encodeURIComponent(item)}`
  try {
    const signal = AbortSignal.timeout(RECORD_LIMIT_MS)
    const answer = await ask(fetch, url, { headers: { accept: 'application/json' } }, signal)
    if (!answer.ok || isCoded(answer)) {
      await answer.body?.cancel()
      throw unavailable(url, `answered ${answer.status} when it was asked for the item ${item}`)
    }
    return JSON.parse((await wholeBody(answer, url, item)).toString())
  } catch (error) {
    throw error instanceof HoldallError ? error : unavailable(url, `sent no whole record of the item ${item}`, error)
  }
}

async function wholeBody(answer: Response, url: string, item: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_RECORD_BYTES) {
      throw unavailable(
        url,
        `has more than ${MAX_RECORD_BYTES} bytes to say of the item ${item}: it holds too many files`,
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function readRecord(answer: unknown, { item, base }: ArchiveOptions) {
  const url = `${base}/metadata/${item}`
  const read = record.safeParse(answer)
  // An item that is not there is an empty list or an empty block, with status 200.
  const isEmpty = typeof answer === 'object' && answer !== null && Object.keys(answer).length === 0
  if (isEmpty || read.data?.error !== undefined) throw unavailable(url, `has no item ${item}`)
  if (read.data?.is_dark)
    throw unavailable(url, `has withdrawn the item ${item} (it is dark); its files cannot be read`)
  // Every item has a list of its files at least. Believing less would make all of them missing.
  if (!read.success || !read.data.files?.length) throw unavailable(url, `sent no list of the files of the item ${item}`)

  const files = new Map<string, RemoteFile>()
  let privates = 0
  for (const one of read.data.files) {
    const file = recordFile.safeParse(one).data
    if (file?.private) privates += 1
    else if (file !== undefined && isPath(file.name)) files.set(file.name, remoteOf(file, item, base))
  }
  return {
    files: [...files.values()].sort(byPath),
    privates,
    unusable: read.data.files.length - files.size - privates,
  }
}

function remoteOf(file: z.infer<typeof recordFile>, item: string, base: string): RemoteFile {
  const name = file.name.split('/').map(encodeURIComponent).join('/')
  return {
    path: file.name,
    // Where the item lies changes; this address leads there.
    url: `${base}/download/${item}/${name}`,
    told: {
      ...(file.size !== undefined && { size: file.size }),
      ...(file.mtime !== undefined && { lastModified: new Date(file.mtime * 1_000) }),
      ...(file.md5 !== undefined && { etag: file.md5.toLowerCase() }),
    },
  }
}

async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return await promise
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
