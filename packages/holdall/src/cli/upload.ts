import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { upload as send, UploadError, type UploadSource } from '@holdall/client'
import { formatBytes } from '../web/format.ts'
import { CommandError, type CommandIo, parse, UsageError, wholeNumber } from './arguments.ts'
import { DEFAULT_PORT } from './defaults.ts'
import { progressLine } from './progress.ts'

const DEFAULT_CONCURRENCY = 4
const MAX_CONCURRENCY = 32

/** `holdall upload FILE… --source SLUG`: sends the files and says the id of each. */
export async function upload(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, {
    source: { type: 'string' },
    url: { type: 'string', default: `http://127.0.0.1:${DEFAULT_PORT}` },
    token: { type: 'string' },
    concurrency: { type: 'string', default: String(DEFAULT_CONCURRENCY) },
    json: { type: 'boolean', default: false },
  })
  if (positionals.length === 0) throw new UsageError('Name at least one file: holdall upload FILE… --source SLUG')
  if (values.source === undefined) throw new UsageError('Name the source that shall hold the files: --source SLUG')
  if (!URL.canParse(values.url)) throw new UsageError(`--url takes the address of a server, not "${values.url}".`)
  const token = values.token ?? io.env.HOLDALL_TOKEN
  const target = { baseUrl: values.url, source: values.source, ...(token && { token }) }
  const concurrency = wholeNumber('concurrency', values.concurrency, 1, MAX_CONCURRENCY)

  // Every name is looked at before the first byte is sent: a mistyped one costs nothing.
  const files = await Promise.all(positionals.map(openFile))
  const report = values.json ? jsonReport(io) : textReport(io)
  const waiting = files.values()
  let failed = 0
  async function work(): Promise<void> {
    for (const file of waiting) {
      if (io.signal.aborted) return
      try {
        const stored = await send(file, target, {
          signal: io.signal,
          onProgress: ({ phase, sent, total }) => report.progress(file, phase, sent, total),
        })
        report.done(file, stored.file_id, stored.url)
      } catch (error) {
        if (!(error instanceof UploadError)) throw error
        failed += 1
        report.failed(file, error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, files.length) }, work))
  if (io.signal.aborted)
    throw new CommandError('Stopped. What was reported as done is stored; run the command again for the rest.')
  if (failed > 0)
    throw new CommandError(`${failed} of ${files.length} files were not uploaded; the reasons stand above.`)
}

async function openFile(path: string): Promise<UploadSource> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      error.code === 'ENOENT' ? `${path} does not exist.` : `${path} cannot be read: ${error.message}`,
    )
  })
  if (!facts.isFile())
    throw new CommandError(`${path} is not a file. Name the files themselves, for example ${path}/*.`)
  const blob = await openAsBlob(path).catch((error: Error) => {
    throw new CommandError(`${path} cannot be read: ${error.message}`)
  })
  return { name: basename(path), size: facts.size, stream: () => blob.stream() }
}

interface UploadReport {
  progress(file: UploadSource, phase: string, sent: number, total: number): void
  done(file: UploadSource, id: string, url: string): void
  failed(file: UploadSource, error: UploadError): void
}

function textReport(io: CommandIo): UploadReport {
  const line = progressLine(io.stderr, io.stdout.isTTY === true)
  return {
    progress: (file, phase, sent, total) => line.show(file.name, phase, sent, total),
    done(file, id) {
      line.clear()
      io.stdout.write(`${id}  ${file.name}  ${formatBytes(file.size)}\n`)
    },
    failed(file, error) {
      line.clear()
      io.stderr.write(`${file.name}: ${error.message}\n`)
    },
  }
}

function jsonReport(io: CommandIo): UploadReport {
  const write = (event: object) => io.stdout.write(`${JSON.stringify(event)}\n`)
  const shown = new Map<UploadSource, number>()
  return {
    progress(file, phase, sent, total) {
      // A percent at a time, so that a gigabyte is a hundred lines and not thousands.
      const percent = total === 0 ? 100 : Math.floor((sent / total) * 100)
      if (shown.get(file) === percent) return
      shown.set(file, percent)
      write({ event: 'progress', filename: file.name, phase, sent, total })
    },
    done: (file, file_id, url) => write({ event: 'done', file_id, filename: file.name, size: file.size, url }),
    failed: (file, error) => write({ event: 'failed', filename: file.name, code: error.code, error: error.message }),
  }
}
