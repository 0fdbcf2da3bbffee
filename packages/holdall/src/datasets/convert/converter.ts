import { mkdir, stat } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ChildFailure, type ChildProgram, startChild } from '../../files/children/child-process.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import { openExportFolder } from '../engine/exports.ts'
import { identityOf } from '../engine/open-files.ts'
import { engineEnvironment } from '../engine/settings.ts'
import { createTurnstile } from '../uploads/turnstile.ts'
import type { Conversion } from './delimited.ts'
import type { ConversionJob, ConversionOutcome } from './jobs.ts'
import { type ConvertibleKind, KIND_WORDS } from './kinds.ts'
import {
  CONVERSION_FILE_BYTES,
  CONVERSION_MEMORY_BYTES,
  CONVERSION_OVERHEAD_BYTES,
  CONVERSION_TIMEOUT_MS,
  CONVERSIONS_AT_ONCE,
  type ConversionLimits,
} from './limits.ts'
import { CannotConvert } from './refusal.ts'

/** A file of this computer as Parquet. */
export interface Converted {
  readonly conversion: Conversion
  readonly stream: ReadableStream<Uint8Array>
  /** Bytes. */
  readonly size: number
  /** Removes what was written; so does the stream when it ends. */
  close(): Promise<void>
}

export interface ConvertibleFile {
  readonly kind: ConvertibleKind
  readonly path: string
  /** Of an Excel file, by its name. */
  readonly sheet?: string | undefined
}

/** Makes Parquet of other files, each in a process of its own that can read nothing else. */
export interface Converter {
  /**
   * @param path absolute
   * @throws HoldallError `not_convertible`, `sheet_not_convertible` (its cause is a CannotConvert with the sheets), `conversion_limit`, `file_missing`, `unavailable`; Error when its process
   * ended without an answer, which may pass; what the signal was aborted with
   */
  convert(file: ConvertibleFile, signal: AbortSignal): Promise<Converted>
  close(): Promise<void>
}

export interface ConverterOptions {
  /** The converter's own; servers beside this one may use it as well. */
  readonly folder: string
  readonly limits?: ConversionLimits
  readonly log: Log
}

const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url))
/** After DuckDB was told to stop; then its process is killed. */
const GRACE_MS = 5_000
const MIB = 1024 * 1024

export function createConverter({ folder, limits = {}, log }: ConverterOptions): Converter {
  const timeoutMs = limits.timeoutMs ?? CONVERSION_TIMEOUT_MS
  const memoryBytes = limits.memoryBytes ?? Math.min(CONVERSION_MEMORY_BYTES, Math.floor(totalmem() / 4))
  const fileBytes = limits.fileBytes ?? CONVERSION_FILE_BYTES
  const files = openExportFolder(join(folder, 'files'))
  const work = join(folder, 'work')
  const turn = createTurnstile(Math.min(CONVERSIONS_AT_ONCE, availableParallelism()))
  const stopping = new AbortController()
  const running = new Set<Promise<unknown>>()
  const most = memoryBytes + CONVERSION_OVERHEAD_BYTES
  const program: ChildProgram = {
    script: CHILD,
    env: engineEnvironment(memoryBytes),
    folder: work,
    system: { dataBytes: most, fileBytes },
  }

  async function run(job: ConversionJob, signal: AbortSignal): Promise<ConversionOutcome> {
    await mkdir(work, { recursive: true, mode: 0o500 })
    const child = startChild(program, { timeoutMs: timeoutMs + GRACE_MS, memoryBytes: most })
    const kill = () => child.kill()
    signal.addEventListener('abort', kill, { once: true })
    try {
      const bytes = Buffer.from(JSON.stringify(job))
      const body = { bytes: bytes.length, stream: once(bytes) }
      return JSON.parse((await child.run({}, body)).payload.toString())
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ChildFailure)) throw error
      if (error.kind === 'timeout') return { failing: 'timeout' }
      if (error.kind === 'memory') return { failing: 'memory' }
      throw error
    } finally {
      signal.removeEventListener('abort', kill)
      child.kill()
      await child.ended
    }
  }

  function errorOf(outcome: Exclude<ConversionOutcome, { done: Conversion }>, kind: ConvertibleKind): HoldallError {
    const file = KIND_WORDS[kind]
    if ('refused' in outcome) {
      const { refused: reason, sheets } = outcome
      if (sheets === undefined) return new HoldallError('not_convertible', { kind: file, reason })
      const cause = Object.assign(new CannotConvert(reason), { sheets })
      return new HoldallError('sheet_not_convertible', { kind: file, reason }, { cause })
    }
    if ('failed' in outcome) {
      log.warn('a file was not converted', { kind, message: outcome.failed })
      return new HoldallError('not_convertible', {
        kind: file,
        reason: `DuckDB cannot read it (${plain(outcome.failed)})`,
      })
    }
    switch (outcome.failing) {
      case 'timeout':
        return limit(file, `it took longer than ${timeoutMs / 60_000} minutes`)
      case 'memory':
        return limit(file, `it needs more than ${Math.round(memoryBytes / MIB)} MiB of memory`)
      case 'size':
        return limit(file, `what it becomes is larger than ${Math.round(fileBytes / MIB)} MiB`)
      case 'changed':
        return new HoldallError('file_missing')
    }
  }

  async function convert({ kind, path, sheet }: ConvertibleFile, signal: AbortSignal): Promise<Converted> {
    const scratch = await files.create()
    const target = await files.create()
    let isKept = false
    try {
      const stats = await stat(path, { bigint: true }).catch((cause) => {
        throw new HoldallError('file_missing', {}, { cause })
      })
      const job: ConversionJob = {
        kind,
        sheet,
        source: { path, identity: identityOf(stats) },
        scratch: scratch.path,
        target: target.path,
        timeoutMs,
      }
      const outcome = await run(job, signal)
      if (!('done' in outcome)) throw errorOf(outcome, kind)
      const contents = await target.read()
      isKept = true
      return { conversion: outcome.done, ...contents }
    } finally {
      await scratch.remove()
      if (!isKept) await target.remove()
    }
  }

  return {
    async convert(file, signal) {
      const either = AbortSignal.any([signal, stopping.signal])
      const converting = turn(either, () => convert(file, either))
      running.add(converting)
      try {
        return await converting
      } finally {
        running.delete(converting)
      }
    },
    async close() {
      stopping.abort(new HoldallError('unavailable', { reason: 'The server is stopping' }))
      await Promise.allSettled(running)
    },
  }
}

function limit(kind: string, reason: string): HoldallError {
  return new HoldallError('conversion_limit', { kind, reason })
}

/** The first line of what DuckDB says, without paths of this computer. */
function plain(message: string): string {
  return (message.split('\n')[0] as string)
    .replace(/\/proc\/self\/fd\/\d+/g, 'the file')
    .replace(/^[A-Z][A-Za-z ]+ Error: /, '')
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
