import { setTimeout as sleep } from 'node:timers/promises'
import type { ListedPage, Storage } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import { LIST_PAUSES_MS, PAGE_FILES } from './limits.ts'

export interface PagesOptions {
  readonly list: NonNullable<Storage['list']>
  /** Where an earlier process stopped. */
  readonly from: string | null
  readonly signal: AbortSignal
  /** Asked before each page is listed, and given with it. */
  readonly first: () => Promise<boolean>
}

/** What was listed, with what `first` said just before. */
export interface Page extends ListedPage {
  readonly said: boolean
}

/** The pages of a listing. While one is worked on, the next is on its way. */
export async function* pagesOf(options: PagesOptions): AsyncGenerator<Page> {
  let coming = ask(options, options.from)
  for (;;) {
    const page = await coming
    if (page.next === null) {
      yield page
      return
    }
    coming = ask(options, page.next)
    // Whoever waits for it is told; until then nobody does.
    coming.catch(() => undefined)
    yield page
  }
}

async function ask({ list, first, signal }: PagesOptions, cursor: string | null): Promise<Page> {
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted()
    try {
      const said = await first()
      const page = await list({ limit: PAGE_FILES, signal, ...(cursor !== null && { cursor }) })
      return { ...page, said }
    } catch (error) {
      const pause = LIST_PAUSES_MS[attempt]
      if (signal.aborted || pause === undefined || error instanceof HoldallError) throw error
      await sleep(pause, undefined, { signal })
    }
  }
}
