import { ChildFailure } from '../../files/children/child-process.ts'
import { HoldallError } from '../../web/error.ts'
import type { Job, Outcome } from './jobs.ts'
import type { FullLimits } from './limits.ts'

const MIB = 1024 * 1024

/** What an outcome that is no success means, in Holdall's words. */
export function errorOf(outcome: Outcome, limits: FullLimits, kind: Job['kind']): HoldallError {
  switch (outcome.failing) {
    case 'refused':
      return new HoldallError('query_refused', { reason: outcome.message })
    case 'no-table':
      return noTable(outcome.message ?? '')
    case 'timeout':
      return tooLong(limits, kind)
    case 'memory':
      return tooMuchMemory(limits)
    case 'answer-size':
      return limit(`its rows are more than ${mebibytes(limits.answerBytes)} of JSON. Ask for fewer, or export them`)
    case 'export-size':
      return limit(`its file would be larger than ${mebibytes(limits.exportBytes)}. Export less of it`)
    case 'file-changed':
      return new HoldallError('file_missing')
    case 'file-unreadable':
      return new HoldallError('unavailable', {
        reason:
          'A file of this dataset cannot be read by the user that queries run as. Whoever runs this server knows why.',
      })
    default:
      return kind === 'probe'
        ? new HoldallError('parquet_invalid', { reason: `its data cannot be read (${firstOf(outcome.message)})` })
        : new HoldallError('query_failed', { reason: outcome.message })
  }
}

/** @param there what can be asked instead, as a sentence */
export function noTable(missing: string, there = ''): HoldallError {
  const reason = [`There is no table ${missing} here.`, there].filter(Boolean).join(' ')
  return new HoldallError('query_refused', { reason, missing })
}

/** What it means that a process gave no answer. */
export function errorOfChild(error: unknown, limits: FullLimits, kind: Job['kind']): unknown {
  if (!(error instanceof ChildFailure)) return error
  switch (error.kind) {
    case 'timeout':
      return tooLong(limits, kind)
    case 'memory':
      return tooMuchMemory(limits)
    case 'unavailable':
      return new HoldallError('unavailable', { reason: error.message }, { cause: error })
    default:
      return new HoldallError('query_crashed', {}, { cause: error })
  }
}

function tooLong({ timeoutMs, exportTimeoutMs }: FullLimits, kind: Job['kind']): HoldallError {
  const seconds = (kind === 'export' ? exportTimeoutMs : timeoutMs) / 1_000
  return limit(`it took longer than ${seconds} s. Narrow it with a filter`)
}

function tooMuchMemory({ memoryBytes }: FullLimits): HoldallError {
  return limit(`it needed more than ${mebibytes(memoryBytes)} of memory. Ask for fewer columns or groups`)
}

function limit(reason: string): HoldallError {
  return new HoldallError('query_limit', { reason })
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`
}

/** Of a file's failing, what follows is the statement with which we read it. */
function firstOf(message = ''): string {
  return message.split('\n')[0] as string
}
