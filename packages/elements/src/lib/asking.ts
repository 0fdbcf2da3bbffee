import { requestJson } from '@holdall/client'
import { type Known, knownOf } from './known.ts'

/** As many as the server tells of at once. */
const AT_ONCE = 1000

interface Asked {
  readonly ids: Set<string>
  readonly answer: Promise<Known>
}

const asked = new Map<string, Asked>()

/**
 * What the server knows of files, and of those that are not there what became of them, as far as it tells. A page's
 * components that ask at the same time ask in one request. Rejects when there was no answer.
 *
 * @param url of `batch.json`
 */
export async function askAbout(url: string, ids: readonly string[]): Promise<Known> {
  const open = asked.get(url)
  if (open && open.ids.size + ids.length <= AT_ONCE) {
    for (const id of ids) open.ids.add(id)
    return open.answer
  }
  const all = new Set(ids)
  const begun: Asked = { ids: all, answer: soon().then(() => ask(url, begun)) }
  asked.set(url, begun)
  return begun.answer
}

/** When the components of a page have said what they hold. */
function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}

async function ask(url: string, begun: Asked): Promise<Known> {
  if (asked.get(url) === begun) asked.delete(url)
  return knownOf(await requestJson(`${url}?deleted=on`, { ids: [...begun.ids] }))
}
