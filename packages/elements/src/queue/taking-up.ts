import { html, nothing, type TemplateResult } from 'lit'
import { announce } from '../lib/announce.ts'
import { ENDING } from '../lib/ending.ts'
import { toast } from '../lib/toast.ts'
import { chooseSame, type LeftOpen, mayDisturb, type Unfinished } from '../lib/unfinished.ts'
import { leftOpenLines } from './left-open.ts'

/** What was not finished on another day, page or computer: shown, gone on with, or discarded. */
export interface TakingUp {
  lines(open: readonly LeftOpen[]): TemplateResult
  /** The same as a panel of its own, where there are any. */
  apart(open: readonly LeftOpen[]): TemplateResult | typeof nothing
  /** Lets the person choose its file. */
  choose(one: Pick<LeftOpen, 'key' | 'name' | 'size'>): void
  /** Files have come: what was said of one that was chosen before is said no more. */
  moveOn(): void
}

export interface TakingUpOptions {
  readonly add: (file: File) => void
  readonly changed: () => void
  /** Whether it is asked once more before something is discarded that may be on its way from elsewhere just then. */
  readonly asks: boolean
}

export function createTakingUp(unfinished: Unfinished, { add, changed, asks }: TakingUpOptions): TakingUp {
  /** A file that was chosen for one of them, and is not its file. */
  let wrong: { readonly key: string; readonly text: string } | null = null
  /** The one of which it was asked whether it is to be discarded all the same. */
  let doubtful: string | null = null

  function choose(one: Pick<LeftOpen, 'key' | 'name' | 'size'>): void {
    chooseSame(one, {
      take: add,
      wrong(text) {
        wrong = { key: one.key, text }
        changed()
      },
    })
  }

  function discard(one: LeftOpen): void {
    if (asks && mayDisturb(one) && doubtful !== one.key) {
      doubtful = one.key
      announce(`Somebody may be sending ${one.name} right now`)
    } else {
      doubtful = null
      const aside = unfinished.setAside(one)
      toast(`${one.name} ${ENDING.discard.done}`, aside.bringBack, aside.discard)
    }
    changed()
  }

  function keep(): void {
    doubtful = null
    changed()
  }

  function lines(open: readonly LeftOpen[]): TemplateResult {
    return leftOpenLines(open, { wrong, doubtful, choose, discard, keep })
  }

  return {
    lines,
    apart(open) {
      if (open.length === 0) return nothing
      return html`<section class="panel upload-queue apart" aria-label="Not finished"><div class="panel-head"><h2 class="grow">Not finished</h2></div>${lines(open)}</section>`
    },
    choose,
    moveOn() {
      wrong = null
    },
  }
}
