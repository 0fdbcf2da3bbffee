import type { z } from 'zod'
import { type Path, quote } from './path.ts'
import type { Report } from './report.ts'
import { type Block, isBlock } from './values.ts'

export type Shape = Readonly<Record<string, z.ZodType>>
export type Read<S extends Shape> = { -readonly [Key in keyof S]?: z.output<S[Key]> }
/** Keys that Datasette defines and Holdall does nothing with, and why. */
export type Ignored = Readonly<Record<string, string>>

/**
 * A block whose keys are those of `shape`, each optional, each checked by its schema. Everything wrong is reported and
 * left out. A key without a value counts as not set.
 */
export function readBlock<S extends Shape>(
  report: Report,
  path: Path,
  value: unknown,
  shape: S,
  ignored: Ignored = {},
): Read<S> {
  const result: Block = {}
  for (const [key, entry] of readEntries(report, path, value)) {
    const at = [...path, key]
    if (Object.hasOwn(shape, key)) {
      if (entry === null || entry === undefined) continue
      const read = (shape[key] as z.ZodType).safeParse(entry)
      if (read.success) result[key] = read.data
      else for (const issue of read.error.issues) report.problem([...at, ...steps(issue.path)], issue.message)
    } else if (Object.hasOwn(ignored, key)) {
      report.ignore(at, `is ignored: ${ignored[key]}.`)
    } else {
      report.unknown(at, `is an unknown key ${quote(key)}.`, key, Object.keys(shape))
    }
  }
  return result as Read<S>
}

/** The keys and values of a block; a block without a value has none. */
export function readEntries(report: Report, path: Path, value: unknown): [string, unknown][] {
  if (value === null || value === undefined) return []
  if (isBlock(value)) return Object.entries(value)
  report.problem(path, `must be a block of keys, not ${kindOf(value)}.`)
  return []
}

export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}

function steps(path: readonly PropertyKey[]): (string | number)[] {
  return path.map((step) => (typeof step === 'number' ? step : String(step)))
}
