import { requestJson } from '@holdall/client'
import { formatCount } from './format.ts'

/**
 * Which rows hold files already, in words by id: "In Salt-glazed jug", "In 3 rows". Files that no row holds are absent, and
 * so is everything where there was no answer: whoever picks a file may pick one that another row has.
 *
 * @param url of `batch.json`
 */
export async function askForUses(
  url: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const parameters = new URLSearchParams([['uses', 'on'], ...ids.map((id) => ['id', id])])
  try {
    const { uses } = await requestJson(`${url}?${parameters}`, undefined, signal)
    const told = Object.entries((uses ?? {}) as Record<string, { rows: number; label: string }>)
    return new Map(told.map(([id, { rows, label }]) => [id, `In ${rows === 1 ? label : formatCount(rows, 'row')}`]))
  } catch {
    return new Map()
  }
}
