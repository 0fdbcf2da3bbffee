import { conditionsOf } from '../../tables/pages/conditions.ts'
import type { Dropped } from '../../tables/pages/listing.ts'
import type { Asks, WhoAsks } from '../query/ask.ts'
import type { Dataset } from '../records.ts'
import { listingOf } from './listing.ts'
import { readQuestion } from './question.ts'
import { countMatching, type RowsPage } from './read.ts'
import { ownNames } from './table.ts'

/** With more conditions, nobody waits until each was left out once. */
const MAX_TRIED = 4
const COUNT_MS = 1_000

/** Of several conditions that leave no row together: the one without which there are the most, and how many. */
export async function droppedOf(
  dataset: Dataset,
  { question, rows }: RowsPage,
  parameters: URLSearchParams,
  { asks, who }: { readonly asks: Asks; readonly who: WhoAsks },
): Promise<Dropped | null> {
  if (rows.length > 0 || question.size === 0 || question.after !== null || question.before !== null) return null
  const { page, fileColumns } = listingOf(dataset, question, undefined)
  const conditions = conditionsOf(page, fileColumns, parameters)
  if (conditions.length < 2 || conditions.length > MAX_TRIED) return null
  const names = ownNames(dataset)
  return await asks.about(dataset, names.places, who, async (ask) => {
    let best: Dropped | null = null
    for (const condition of conditions) {
      const left = new URLSearchParams(parameters)
      left.delete(condition.name, condition.value)
      const count = await countMatching(readQuestion(dataset, left), names, ask, COUNT_MS)
      if (count !== null && count > (best?.count ?? 0)) best = { ...condition, count }
    }
    return best
  })
}
