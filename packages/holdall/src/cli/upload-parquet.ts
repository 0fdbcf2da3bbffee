import { createHash } from 'node:crypto'
import {
  cancelParquet,
  confirmParquet,
  type DatasetStatus,
  type DatasetTarget,
  followParquet,
  type IntoDataset,
  type RegisteredDataset,
  uploadParquet as send,
  UploadError,
  type UploadProgress,
} from '@holdall/client'
import { type FileOnDisk, openFile } from '@holdall/client/node'
import { formatCount, formatNumber } from '../web/format.ts'
import { CommandError, type CommandIo, parse, UsageError, wholeNumber } from './arguments.ts'
import { askNamesake, findNamesake, type Namesake, namesakeLine } from './namesake.ts'
import { jsonReport, textReport } from './upload-report.ts'

const TOKEN_HEADER = 'X-User-Token'
/** Seconds: what fails in passing is tried again for an hour, and then has failed. */
const DEFAULT_TIMEOUT = 3_900
const MAX_TIMEOUT = 7 * 86_400
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** `holdall upload-parquet`: sends a file, follows what the server makes of it, and ends well only when it is a dataset. */
export async function uploadParquet(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, {
    file: { type: 'string', multiple: true },
    append: { type: 'string' },
    replace: { type: 'string' },
    sheet: { type: 'string' },
    yes: { type: 'boolean', default: false },
    confirm: { type: 'string' },
    'api-base-url': { type: 'string' },
    orgid: { type: 'string' },
    'collection-id': { type: 'string' },
    token: { type: 'string' },
    'token-header': { type: 'string', default: TOKEN_HEADER },
    timeout: { type: 'string', default: String(DEFAULT_TIMEOUT) },
    json: { type: 'boolean', default: false },
  })
  if (positionals.length > 0) throw new UsageError(`Every value has its option; "${positionals[0]}" has none.`)
  const baseUrl = required('api-base-url', values['api-base-url'])
  if (!URL.canParse(baseUrl)) throw new UsageError(`--api-base-url takes the address of a server, not "${baseUrl}".`)
  if (!/^[\w-]+$/.test(values['token-header'])) throw new UsageError('--token-header takes the name of a header.')
  const token = values.token ?? io.env.HOLDALL_TOKEN
  const followTimeout = wholeNumber('timeout', values.timeout, 1, MAX_TIMEOUT) * 1_000
  const target = {
    baseUrl,
    organization: required('orgid', values.orgid),
    collection: required('collection-id', values['collection-id']),
    ...(token && { token, tokenHeader: values['token-header'] }),
    ...(values.sheet && { sheet: values.sheet }),
  }
  if (values.confirm !== undefined)
    return await confirmWaiting(values.confirm, target, { io, json: values.json, followTimeout })
  const paths = values.file?.filter((path) => path !== '') ?? []
  if (paths.length === 0) throw new UsageError('--file is missing.')
  const joining = joiningIn(values)
  if (paths.length > 1 && joining === undefined) {
    throw new UsageError('Several files need --append or --replace: each is part of the same dataset then.')
  }
  await using opened = new AsyncDisposableStack()
  const files: FileOnDisk[] = []
  for (const path of paths) {
    const file = await openFile(path).catch((error: Error) => {
      throw new CommandError(`${path} cannot be read: ${error.message}`)
    })
    files.push(opened.use(file))
    if (file.size === 0) throw new CommandError(`${path} is empty: there is no table in it.`)
  }
  const into = joining && { ...joining, ...(files.length > 1 && { batch: batchOf(files, joining) }) }
  const report = values.json ? forPrograms(io) : forPeople(files, io)
  await sendAll(files, { ...target, ...(into && { into }) }, { io, report, followTimeout })
}

interface Sending {
  readonly io: CommandIo
  readonly report: ParquetReport
  readonly followTimeout: number
}

/** @throws CommandError what the first one failed with */
async function sendAll(files: readonly FileOnDisk[], target: DatasetTarget, { io, report, followTimeout }: Sending) {
  const uploads = new Map<FileOnDisk, string>()
  let { into } = target
  let isBegun = false
  let isSent = false
  const outcomes = await Promise.allSettled(
    files.map(async (file) => {
      try {
        const dataset = await send(file, target, {
          signal: io.signal,
          followTimeout,
          rejoin: true,
          onRejoined: (wasThere) => report.rejoined(file, wasThere),
          async onNew() {
            const found = await findNamesake(file.name, target, io.signal)
            if (found === undefined) return undefined
            if (report.asks) into = await askNamesake(file.name, found, io)
            else report.namesake(file, found)
            return into
          },
          onProgress(progress) {
            isBegun = true
            report.progress(file, progress)
          },
          onStatus(status) {
            isSent = true
            uploads.set(file, status.upload_id)
            report.status(file, status)
          },
        })
        report.registered(file, dataset)
      } catch (error) {
        if (error instanceof UploadError && !io.signal.aborted) report.failed(file, error)
        // What it came with waits for it, and nobody sends it any more.
        if (error instanceof UploadError && error.code === 'upload_failed' && files.length > 1) {
          await Promise.all([...uploads.values()].map((id) => cancelParquet(id, target).catch(() => {})))
        }
        throw error
      }
    }),
  )
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown)
  // Those that were cancelled with it say nothing of why.
  const error = failed.find((one) => one instanceof UploadError && one.code === 'upload_failed') ?? failed[0]
  if (error === undefined) return
  if (!(error instanceof UploadError)) throw error
  if (io.signal.aborted) {
    if (!isBegun && !isSent) throw new CommandError('Stopped before anything was sent.')
    throw new CommandError(
      isSent
        ? 'Stopped. All was sent, and the server goes on by itself: run the same command again to follow it.'
        : 'Stopped. What was sent is kept: run the same command again, and it goes on from there.',
    )
  }
  const [first] = files
  const id = first && uploads.get(first)
  const how =
    error.code === 'confirmation_needed' && id !== undefined
      ? ` ${into?.mode === 'replace' ? 'Replace' : 'Add'} it with --confirm ${id}, or discard it on the page of the dataset.`
      : ''
  const others = files.length > 1 && error.code === 'upload_failed' ? ' Nothing of the other files was added.' : ''
  throw new CommandError(`${error.message}${how}${others}`)
}

/** `--confirm UPLOAD`: adds what waits because its columns differ, or replaces with it, and follows it. */
async function confirmWaiting(
  id: string,
  target: DatasetTarget,
  { io, json, followTimeout }: Pick<Sending, 'io' | 'followTimeout'> & { readonly json: boolean },
): Promise<void> {
  const file = { name: id, size: 0 }
  const report = json ? forPrograms(io) : forPeople([file], io)
  try {
    await confirmParquet(id, target, { signal: io.signal })
    const onStatus = (status: DatasetStatus) => report.status(file, status)
    report.registered(
      file,
      await followParquet(id, target, { signal: io.signal, followTimeout, onStatus, onConfirmation() {} }),
    )
  } catch (error) {
    if (!(error instanceof UploadError)) throw error
    throw new CommandError(error.message)
  }
}

/** @throws UsageError for two that contradict each other */
function joiningIn(values: {
  append?: string
  replace?: string
  yes: boolean
}): Omit<IntoDataset, 'batch'> | undefined {
  const { append, replace, yes } = values
  if (append !== undefined && replace !== undefined) throw new UsageError('--append and --replace exclude each other.')
  const dataset = append ?? replace
  if (dataset === undefined) {
    if (yes)
      throw new UsageError(
        '--yes is for --append and --replace: it takes files whose columns differ from those of the dataset.',
      )
    return undefined
  }
  if (!UUID.test(dataset)) {
    const option = append === undefined ? 'replace' : 'append'
    throw new UsageError(`--${option} takes the id of a dataset, as its address has it, not "${dataset}".`)
  }
  return { dataset, mode: append === undefined ? 'replace' : 'append', ...(yes && { confirm: true }) }
}

/** The same for the same files: a command that is run again goes on with what it had begun. */
function batchOf(files: readonly Named[], { dataset, mode }: Omit<IntoDataset, 'batch'>) {
  const words = files.map(({ name, size }) => `${name}:${size}`).sort()
  const id = createHash('sha256')
    .update(JSON.stringify([dataset, mode, words]))
    .digest('hex')
    .slice(0, 32)
  return { id, files: files.length }
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
  /** Whether there is somebody who can be asked. */
  readonly asks: boolean
  progress(file: Named, progress: UploadProgress): void
  status(file: Named, status: DatasetStatus): void
  /** A dataset is called like it, and it becomes another one. */
  namesake(file: Named, found: Namesake): void
  /** It was sent before, and nothing of it is sent now. @param wasThere nor does anything new come of it */
  rejoined(file: Named, wasThere: boolean): void
  registered(file: Named, dataset: RegisteredDataset): void
  failed(file: Named, error: UploadError): void
}

function forPeople(files: readonly Named[], io: CommandIo): ParquetReport {
  const bar = textReport(files, io)
  const running = new Set<Named>()
  const before = new Set<Named>()
  function ended(file: Named): void {
    if (running.delete(file)) bar.ended(file)
  }
  return {
    asks: io.stdin?.isTTY === true && io.stderr.isTTY === true,
    progress(file, progress) {
      running.add(file)
      bar.progress(file, progress)
    },
    status(file, { completion_status, parquet_schema_preview: preview, status, waits_for }) {
      ended(file)
      const schema =
        completion_status === 'inferred' && preview !== null
          ? ` (${formatCount(preview.row_count, 'row')}, ${formatNumber(preview.schema_fields.length)} columns)`
          : ''
      const waits = waits_for === null || waits_for === undefined ? '' : `, waits for ${waits_for}`
      const name = files.length > 1 ? `${file.name}: ` : ''
      io.stderr.write(`  ${name}completion_status=${completion_status ?? status}${schema}${waits}\n`)
    },
    namesake: (file, found) => io.stderr.write(`  ${namesakeLine(file.name, found)}\n`),
    rejoined(file, wasThere) {
      ended(file)
      if (wasThere) before.add(file)
      io.stderr.write(`  ${file.name} was sent within the last hour, byte for byte: what became of that is shown\n`)
    },
    registered(file, { dataset_id, table_name, glue_table_name, mode }) {
      const table = glue_table_name ?? table_name
      const what =
        mode === 'append'
          ? `${file.name} added to dataset`
          : mode === 'replace'
            ? 'Dataset replaced'
            : 'Dataset registered'
      const nothingNew = before.has(file) ? ' (it was there before: nothing is new)' : ''
      io.stdout.write(`${what}: id=${dataset_id} table=${table}${nothingNew}\n`)
    },
    failed: ended,
  }
}

function forPrograms(io: CommandIo): ParquetReport {
  const lines = jsonReport(io)
  const write = (event: object) => io.stdout.write(`${JSON.stringify(event)}\n`)
  const before = new Set<Named>()
  const gone = new Set<Named>()
  return {
    asks: false,
    progress: (file, progress) => lines.progress(file, progress),
    status(file, { upload_id, status, completion_status, waits_for = null, retryable }) {
      if (status === 'aborted' || status === 'expired' || (status === 'failed' && !retryable)) gone.add(file)
      write({ event: 'status', filename: file.name, upload_id, status, completion_status, waits_for })
    },
    namesake({ name: filename }, { datasets, last: { id, row_count } }) {
      write({ event: 'same_name', filename, datasets, dataset_id: id, row_count })
    },
    rejoined(file, wasThere) {
      if (wasThere) before.add(file)
      write({ event: 'rejoined', filename: file.name, was_there: wasThere })
    },
    registered(file, { upload_id, dataset_id, mode, table_name, glue_table_name, glue_database_name }) {
      const was_there = before.has(file)
      const tables = { table_name, glue_table_name, glue_database_name }
      write({ event: 'registered', upload_id, dataset_id, mode, was_there, ...tables })
    },
    failed: (file, error) => lines.failed(file, error, !gone.has(file)),
  }
}
