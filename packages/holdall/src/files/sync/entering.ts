import { type KnownPage, savePages } from './known-pages.ts'
import { CHECKPOINT_MS, ENTERED_AT_ONCE } from './limits.ts'
import type { Listed } from './listed.ts'
import { adopt, type Changed, markReturned, recordChanges } from './registered.ts'
import type { RunChange, RunLease, RunStore, SyncRun } from './runs.ts'
import type { Seen } from './seen.ts'

/** What pages of a listing have brought, held against the registry. */
export interface Compared {
  readonly listed: number
  readonly leftOut: number
  readonly fresh: readonly Listed[]
  readonly changed: readonly Changed[]
  /** The `seq` of files that were missing. */
  readonly returned: readonly number[]
  /** The page, where nothing else is to be said of it once `fresh` are entered. */
  readonly known: KnownPage | undefined
}

/** Enters what pages have brought: what gathers while some of it is entered goes in together. */
export interface Entering {
  /**
   * Waits while enough has gathered. What went wrong with earlier pages may be thrown here.
   *
   * @param next where the listing goes on after the page; `null`: that was the last one
   */
  take(page: Compared, next: string | null): Promise<void>
  /** Enters what is left after the last page. */
  finish(): Promise<SyncRun>
  /** Resolves when nothing is being entered any more, whatever came of it. */
  settled(): Promise<unknown>
}

export interface EnteringOptions {
  readonly store: RunStore
  readonly seen: Seen
  readonly now: () => number
  /** Told where the run is, after each page. */
  readonly onProgress: (run: SyncRun) => void
}

/** What is to be written of them. */
type News = Pick<Compared, 'fresh' | 'changed' | 'returned'> & { readonly pages: readonly EnteredPage[] }

/** A page that is known once so many of `fresh` are entered, from the one at `from`. */
interface EnteredPage {
  readonly known: KnownPage
  readonly from: number
  readonly count: number
}

const NOTHING: News = { fresh: [], changed: [], returned: [], pages: [] }

export function createEntering(lease: RunLease, { store, seen, now, onProgress }: EnteringOptions): Entering {
  let { run } = lease
  /** With all pages that were taken, entered or not. */
  let { listed, left_out, cursor } = run
  let gathered = NOTHING
  let recorded = now()
  let running: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  /** A run over files that have not changed is told of from time to time. */
  function isDue(): boolean {
    return writesOf(gathered) > 0 || now() - recorded >= CHECKPOINT_MS
  }

  async function enterWhatIsDue(): Promise<void> {
    try {
      while (isDue()) await enter()
    } catch (error) {
      failure = { error }
    } finally {
      running = undefined
    }
  }

  /** Nobody waited for what was entered meanwhile; whoever asks next is told. */
  function assertEntered(): void {
    if (failure !== undefined) throw failure.error
  }

  async function enter(): Promise<void> {
    const { fresh, changed, returned, pages } = gathered
    gathered = NOTHING
    const at = new Date(now())
    // In one transaction with the last page: whoever went on from no place would list everything again.
    const change: RunChange = { listed, left_out, cursor, phase: cursor === null ? 'missing' : 'listing' }
    run = await store.record(lease, 'sync page', change, async (trx) => {
      await seen.save(trx)
      const { entered, firstSeq } = await adopt(trx, run.source_id, fresh, at)
      const changes = {
        added: run.added + entered,
        changed: run.changed + (await recordChanges(trx, changed, at)),
        returned: run.returned + (await markReturned(trx, returned)),
      }
      await savePages(trx, run, knownNow(pages, firstSeq))
      return changes
    })
    recorded = now()
  }

  return {
    async take(page, next) {
      gathered = together(gathered, page)
      listed += page.listed
      left_out += page.leftOut
      cursor = next
      onProgress({ ...run, listed, left_out })
      if (writesOf(gathered) >= ENTERED_AT_ONCE) await running
      assertEntered()
      if (running === undefined && isDue()) running = enterWhatIsDue()
    },
    async finish() {
      await running
      assertEntered()
      if (run.phase === 'listing') await enter()
      return run
    },
    settled: async () => await running,
  }
}

function together(some: News, { fresh, changed, returned, known }: Compared): News {
  const page = known && { known, from: some.fresh.length, count: fresh.length }
  return {
    fresh: [...some.fresh, ...fresh],
    changed: [...some.changed, ...changed],
    returned: [...some.returned, ...returned],
    pages: page === undefined ? some.pages : [...some.pages, page],
  }
}

/** @param firstSeq of those that were entered; `undefined`: not all were */
function knownNow(pages: readonly EnteredPage[], firstSeq: number | undefined): KnownPage[] {
  return pages.flatMap(({ known, from, count }) => {
    if (count === 0) return known
    if (firstSeq === undefined) return []
    const first = firstSeq + from
    return { ...known, seqs: [...known.seqs, first, first + count - 1] }
  })
}

function writesOf({ fresh, changed, returned }: News): number {
  return fresh.length + changed.length + returned.length
}
