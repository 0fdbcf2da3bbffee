import { type Differences, differencesOf } from './differences.ts'
import { CannotMerge, merge, type Stated } from './merge.ts'

type Named = Parameters<typeof differencesOf>[0][number]

/**
 * How the columns of a dataset differ once files are its new version: what they say together, not each on its own.
 * Undefined where they say nothing together; that is told when they are to be entered.
 */
export function replacing(present: readonly Named[], files: readonly Stated[]): Differences | undefined {
  const [first, ...others] = files
  if (first === undefined) return undefined
  try {
    return asReplacement(differencesOf(present, merge(first, ...others).columns))
  } catch (error) {
    if (error instanceof CannotMerge) return undefined
    throw error
  }
}

/** Nothing has to hold the values of both: those that are there go. */
export function asReplacement({ changed, ...rest }: Differences): Differences {
  return { ...rest, changed: changed.map((one) => ({ ...one, becomes: one.to })) }
}

/** Whether whoever asks for the columns that are there is told something else by the new version, or nothing. */
export function isLoss({ missing, changed }: Differences): boolean {
  return missing.length + changed.length > 0
}
