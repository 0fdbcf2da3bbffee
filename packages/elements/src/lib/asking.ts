import { requestJson } from '@holdall/client'
import type { FileSummary } from './files.ts'
import { summaryOf } from './stored.ts'

/** As many as the server tells of at once. */
const AT_ONCE = 1000

type Known = ReadonlyMap<string, FileSummary>

interface Asked {
  readonly ids: Set<string>
  readonly answer: Promise<Known>
}

const asked = new Map<string, Asked>()

/**
 * What the server knows of files, by their ids: what it does not name is missing or hidden. A page's components that
 * ask at the same time ask in one request. Rejects when there was no answer.
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
  const { files } = await requestJson(url, { ids: [...begun.ids] })
  const named = Object.entries((files ?? {}) as Record<string, Record<string, unknown>>)
  return new Map(named.map(([id, file]) => [id, summaryOf({ id, ...file })]))
}
