import {
  type DatasetStatus,
  type RegisteredDataset,
  uploadParquet as send,
  UploadError,
  type UploadProgress,
} from '@holdall/client'
import { openFile } from '@holdall/client/node'
import { formatCount, formatNumber } from '../web/format.ts'
import { CommandError, type CommandIo, parse, UsageError, wholeNumber } from './arguments.ts'
import { jsonReport, textReport } from './upload-report.ts'

const TOKEN_HEADER = 'X-User-Token'
/** Seconds: what fails in passing is tried again for an hour, and then has failed. */
const DEFAULT_TIMEOUT = 3_900
const MAX_TIMEOUT = 7 * 86_400

/** `holdall upload-parquet`: sends a file, follows what the server makes of it, and ends well only when it is a dataset. */
export async function uploadParquet(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, {
    file: { type: 'string' },
    'api-base-url': { type: 'string' },
    orgid: { type: 'string' },
    'collection-id': { type: 'string' },
    token: { type: 'string' },
    'token-header': { type: 'string', default: TOKEN_HEADER },
    timeout: { type: 'string', default: String(DEFAULT_TIMEOUT) },
    json: { type: 'boolean', default: false },
  })
  if (positionals.length > 0) throw new UsageError(`Every value has its option; "${positionals[0]}" has none.`)
  const path = required('file', values.file)
  const baseUrl = required('api-base-url', values['api-base-url'])
  if (!URL.canParse(baseUrl)) throw new UsageError(`--api-base-url takes the address of a server, not "${baseUrl}".`)
  if (!/^[\w-]+$/.test(values['token-header'])) throw new UsageError('--token-header takes the name of a header.')
  const token = values.token ?? io.env.HOLDALL_TOKEN
  const followTimeout = wholeNumber('timeout', values.timeout, 1, MAX_TIMEOUT) * 1_000
  await using file = await openFile(path).catch((error: Error) => {
    throw new CommandError(`${path} cannot be read: ${error.message}`)
  })
  const target = {
    baseUrl,
    organization: required('orgid', values.orgid),
    collection: required('collection-id', values['collection-id']),
    ...(token && { token, tokenHeader: values['token-header'] }),
  }
  const report = values.json ? forPrograms(file, io) : forPeople(file, io)
  let isSent = false
  try {
    const dataset = await send(file, target, {
      signal: io.signal,
      followTimeout,
      rejoin: true,
      onProgress: report.progress,
      onStatus(status) {
        isSent = true
        report.status(status)
      },
    })
    report.registered(dataset)
  } catch (error) {
    if (!(error instanceof UploadError)) throw error
    if (io.signal.aborted) {
      throw new CommandError(
        isSent
          ? 'Stopped. All was sent, and the server goes on by itself: run the same command again to follow it.'
          : 'Stopped. What was sent is kept: run the same command again, and it goes on from there.',
      )
    }
    report.failed(error)
    throw new CommandError(error.message)
  }
}

function required(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`--${name} is missing.`)
  return value
}

interface Named {
  readonly name: string
  readonly size: number
}

interface ParquetReport {
  progress(progress: UploadProgress): void
  status(status: DatasetStatus): void
  registered(dataset: RegisteredDataset): void
  failed(error: UploadError): void
}

function forPeople(file: Named, io: CommandIo): ParquetReport {
  const bar = textReport([file], io)
  let last: UploadProgress | undefined
  return {
    progress(progress) {
      last = progress
      bar.progress(file, progress)
    },
    status({ completion_status, parquet_schema_preview: preview, status }) {
      if (last !== undefined) bar.ended(file)
      last = undefined
      const schema =
        completion_status === 'inferred' && preview !== null
          ? ` (${formatCount(preview.row_count, 'row')}, ${formatNumber(preview.schema_fields.length)} columns)`
          : ''
      io.stderr.write(`  completion_status=${completion_status ?? status}${schema}\n`)
    },
    registered({ dataset_id, table_name, glue_table_name }) {
      io.stdout.write(`Dataset registered: id=${dataset_id} table=${glue_table_name ?? table_name}\n`)
    },
    failed() {
      if (last !== undefined) bar.ended(file)
    },
  }
}

function forPrograms(file: Named, io: CommandIo): ParquetReport {
  const lines = jsonReport(io)
  const write = (event: object) => io.stdout.write(`${JSON.stringify(event)}\n`)
  return {
    progress: (progress) => lines.progress(file, progress),
    status: ({ upload_id, status, completion_status }) =>
      write({ event: 'status', upload_id, status, completion_status }),
    registered({ upload_id, dataset_id, table_name, glue_table_name, glue_database_name }) {
      write({ event: 'registered', upload_id, dataset_id, table_name, glue_table_name, glue_database_name })
    },
    failed: (error) => lines.failed(file, error),
  }
}
