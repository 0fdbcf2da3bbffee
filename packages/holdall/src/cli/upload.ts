import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { alreadyThere, type StoredFile, upload as send, UploadError, type UploadTarget } from '@holdall/client'
import { openFile } from '@holdall/client/node'
import { CommandError, type CommandIo, parse, UsageError, wholeNumber } from './arguments.ts'
import { DEFAULT_PORT } from './defaults.ts'
import { withNearSource } from './near-source.ts'
import { jsonReport, type Named, textReport, type UploadReport } from './upload-report.ts'

const DEFAULT_CONCURRENCY = 8
const MAX_CONCURRENCY = 64
/** Bytes: a larger file goes in parts, which fill the line alone. */
const LARGE = 16 * 1024 * 1024

interface LocalFile extends Named {
  readonly path: string
}

/** `holdall upload FILE… --source SLUG`: sends the files, goes on with what was begun before, and says the id of each. */
export async function upload(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, {
    source: { type: 'string' },
    url: { type: 'string', default: `http://127.0.0.1:${DEFAULT_PORT}` },
    token: { type: 'string' },
    concurrency: { type: 'string', default: String(DEFAULT_CONCURRENCY) },
    resume: { type: 'boolean', default: true },
    'no-resume': { type: 'boolean', default: false },
    'skip-existing': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  if (positionals.length === 0) throw new UsageError('Name at least one file: holdall upload FILE… --source SLUG')
  if (values.source === undefined) throw new UsageError('Name the source that shall hold the files: --source SLUG')
  if (!URL.canParse(values.url)) throw new UsageError(`--url takes the address of a server, not "${values.url}".`)
  const token = values.token ?? io.env.HOLDALL_TOKEN
  const concurrency = wholeNumber('concurrency', values.concurrency, 1, MAX_CONCURRENCY)

  // Every name is looked at before the first byte is sent: a mistyped one costs nothing.
  const files = await Promise.all(positionals.map(lookAt))
  const report = values.json ? jsonReport(io) : textReport(files, io)
  const { failed, there } = await sendAll(files, {
    target: { baseUrl: values.url, source: values.source, ...(token && { token }) },
    concurrency,
    resume: values.resume && !values['no-resume'],
    skipExisting: values['skip-existing'],
    report,
    signal: io.signal,
  })
  if (io.signal.aborted) {
    throw new CommandError('Stopped. What was sent is kept: run the same command again, and it goes on from there.')
  }
  if (values['skip-existing']) report.counted({ uploaded: files.length - failed - there, there, failed })
  if (failed > 0)
    throw new CommandError(`${failed} of ${files.length} files were not uploaded; the reasons stand above.`)
}

interface Sending {
  readonly target: UploadTarget
  readonly concurrency: number
  readonly resume: boolean
  readonly skipExisting: boolean
  readonly report: UploadReport
  readonly signal: AbortSignal
}

/** @returns how many failed, and how many were skipped */
async function sendAll(files: readonly LocalFile[], sending: Sending): Promise<{ failed: number; there: number }> {
  const { target, concurrency, resume, skipExisting, report, signal } = sending
  const namesakes = countAlike(files)
  let failed = 0
  let there = 0
  async function work(waiting: Iterable<LocalFile>): Promise<void> {
    for (const file of waiting) {
      if (signal.aborted) return
      try {
        const known = skipExisting ? await lookFor(file, (namesakes.get(alikeKey(file)) ?? 0) > 1, sending) : null
        if (known !== null) {
          there += 1
          report.there(file, known)
          continue
        }
        await using opened = await openLocal(file)
        const onProgress = (progress: Parameters<UploadReport['progress']>[1]) => report.progress(file, progress)
        report.done(file, await send(opened, target, { signal, concurrency, resume, onProgress }))
      } catch (error) {
        if (!(error instanceof UploadError)) throw error
        if (signal.aborted) return
        failed += 1
        report.failed(file, await withNearSource(error, target))
      }
    }
  }
  const small = files.filter(({ size }) => size <= LARGE).values()
  await Promise.all([
    work(files.filter(({ size }) => size > LARGE)),
    ...Array.from({ length: Math.min(concurrency, files.length) }, () => work(small)),
  ])
  return { failed, there }
}

/**
 * The file as the source has it already.
 *
 * @param certain another one of this command has its name and size: then only the same bytes are the same file
 */
async function lookFor(file: LocalFile, certain: boolean, { target, signal }: Sending): Promise<StoredFile | null> {
  async function hash(): Promise<string> {
    const sum = createHash('sha256')
    await pipeline(createReadStream(file.path), sum, { signal }).catch((cause: Error) => {
      throw new UploadError('file_changed', `${file.name} cannot be read: ${cause.message}`, { cause })
    })
    return `sha256:${sum.digest('hex')}`
  }
  return await alreadyThere(file, target, { signal, hash, certain })
}

function countAlike(files: readonly LocalFile[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const file of files) counts.set(alikeKey(file), (counts.get(alikeKey(file)) ?? 0) + 1)
  return counts
}

function alikeKey({ name, size }: LocalFile): string {
  return `${size}/${name}`
}

async function lookAt(path: string): Promise<LocalFile> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      error.code === 'ENOENT' ? `${path} does not exist.` : `${path} cannot be read: ${error.message}`,
    )
  })
  if (!facts.isFile())
    throw new CommandError(`${path} is not a file. Name the files themselves, for example ${path}/*.`)
  return { path, name: basename(path), size: facts.size }
}

async function openLocal({ path, name, size }: LocalFile) {
  const opened = await openFile(path).catch((cause: Error) => {
    throw new UploadError('file_changed', `${name} cannot be read: ${cause.message}`, { cause })
  })
  if (opened.size === size) return opened
  await opened.close()
  throw new UploadError('file_changed', `${name} has changed since the command began. Run it again.`)
}
