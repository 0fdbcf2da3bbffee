import { HoldallError } from '../../web/error.ts'
import type { ParquetLimits } from './limits.ts'

/** How each limit stands in `settings.parquet_limits`, and what is counted by it. */
const LIMITS: Readonly<Record<keyof ParquetLimits, readonly [setting: string, counted: string]>> = {
  footerBytes: ['footer_bytes', 'bytes of footer'],
  depth: ['depth', 'levels of columns within columns'],
  leaves: ['leaves', 'columns'],
  rowGroups: ['row_groups', 'row groups'],
}

/** @param reason half a sentence in which the file is `it` */
export function unreadable(reason: string): HoldallError {
  return new HoldallError('parquet_invalid', { reason })
}

/** @param what which part of the file, with its verb, such as `some of its columns are` */
export function encrypted(what: string): HoldallError {
  return new HoldallError('parquet_encrypted', { reason: what })
}

/** @param found what the file says that it has: at least one past the limit */
export function pastLimit(name: keyof ParquetLimits, found: number, limit: number): HoldallError {
  const [setting, counted] = LIMITS[name]
  const [has, most] = [found, limit].map((count) => count.toLocaleString('en-US'))
  // These are counted no further than one past the limit.
  const least = name === 'depth' || name === 'leaves' ? 'at least ' : ''
  return new HoldallError('parquet_limit_exceeded', {
    limit,
    found,
    reason: `it has ${least}${has} ${counted}; at most ${most} are read here (parquet_limits.${setting})`,
  })
}

/** @param what reading takes, such as `more than 20 s` */
export function pastOwnLimit(what: string, cause?: unknown): HoldallError {
  return new HoldallError('parquet_limit_exceeded', { reason: `reading its footer takes ${what}` }, { cause })
}
