import { open } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { serveJobs } from '../../files/children/serve.ts'
import { createInstance } from '../engine/instance.ts'
import { isOutOfMemory, isTooLarge } from '../engine/messages.ts'
import { identityOf } from '../engine/open-files.ts'
import { giveUpRights } from '../engine/rights.ts'
import { engineSettings } from '../engine/settings.ts'
import { TimeIsUp, withinTime } from '../engine/within-time.ts'
import type { Conversion, ConversionFiles } from './delimited.ts'
import { convertDelimited } from './delimited.ts'
import type { ConversionJob, ConversionOutcome } from './jobs.ts'
import { convertJson } from './json.ts'
import { kindOfBytes } from './kind-of-bytes.ts'
import { CannotConvert } from './refusal.ts'
import { convertExcel } from './xlsx/convert.ts'

const NICENESS = 10
const HAS_OPEN_PATHS = process.platform === 'linux'
const MAX_MESSAGE = 500

/** The file is another one than the server looked at. */
class Changed extends Error {}

// A process that makes Parquet of one file. The server itself comes first.
setPriority(NICENESS)

await serveJobs(async ({ payload }) => {
  const outcome = await outcomeOf(JSON.parse(payload.toString()))
  return { header: { ok: true }, payload: Buffer.from(JSON.stringify(outcome)) }
})

async function outcomeOf(job: ConversionJob): Promise<ConversionOutcome> {
  try {
    return { done: await convert(job) }
  } catch (error) {
    return failureOf(error)
  }
}

async function convert(job: ConversionJob): Promise<Conversion> {
  const source = await open(job.source.path, 'r').catch((cause) => {
    throw new Changed(undefined, { cause })
  })
  const stat = await source.stat({ bigint: true })
  if (identityOf(stat) !== job.source.identity) throw new Changed()
  const scratch = await open(job.scratch, 'r+')
  const target = await open(job.target, 'r+')
  const pathOf = (fd: number, path: string) => (HAS_OPEN_PATHS ? `/proc/self/fd/${fd}` : path)
  const files: ConversionFiles = {
    source: { handle: source, path: pathOf(source.fd, job.source.path), size: Number(stat.size) },
    scratch: { handle: scratch, path: pathOf(scratch.fd, job.scratch) },
    target: pathOf(target.fd, job.target),
  }
  const instance = await createInstance(engineSettings(process.env))
  giveUpRights()
  await instance.lock([], [files.source.path, files.scratch.path, files.target])
  const { connection } = instance
  return await withinTime(connection, job.timeoutMs, async () => {
    const kind = await kindOfBytes(source, job.kind)
    switch (kind) {
      case 'csv':
        return await convertDelimited(connection, files)
      case 'tsv':
        return await convertDelimited(connection, files, '\t')
      case 'json':
      case 'ndjson':
        return await convertJson(connection, files, kind)
      case 'xlsx':
        return await convertExcel(connection, files, job.sheet)
    }
  })
}

function failureOf(error: unknown): ConversionOutcome {
  if (error instanceof CannotConvert) {
    const { message: refused, sheets } = error
    return { refused, ...(sheets && { sheets }) }
  }
  if (error instanceof TimeIsUp) return { failing: 'timeout' }
  if (error instanceof Changed) return { failing: 'changed' }
  const message = error instanceof Error ? error.message : String(error)
  if (isOutOfMemory(message)) return { failing: 'memory' }
  if (isTooLarge(message) || (error as NodeJS.ErrnoException).code === 'EFBIG') return { failing: 'size' }
  return { failed: message.slice(0, MAX_MESSAGE) }
}
