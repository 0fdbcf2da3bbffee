import type { Differences } from './differences.ts'

const MOST_NAMED = 5

/** Why a file cannot be added at all, with its columns named; undefined where it can. */
export function refusal({ changed }: Differences): string | undefined {
  const against = changed.filter(({ becomes }) => becomes === null)
  if (against.length === 0) return undefined
  const named = against
    .slice(0, MOST_NAMED)
    .map(({ name, from, to }) => `“${name}” is ${from} in the dataset and ${to} in this file`)
  const more = against.length - named.length
  const rest = more > 0 ? `, and so on for ${more} more` : ''
  return `This file cannot be added: ${named.join('; ')}${rest}. No type holds the values of both. Write the file with the type of the dataset, or replace the dataset.`
}
