import type { Known } from '../lib/known.ts'
import { drawnByServer, type Shown, withAnswer } from './shown.ts'

/** What a cell holds, and who draws it: the server until somebody does something with it, then the component. */
export interface Holding {
  readonly shown: readonly Shown[]
  /** What an empty cell shows, as the server drew it; kept to come back to. */
  readonly slot: Node | null
  /** Whether the component draws. */
  readonly isOurs: boolean
  /** Begins with what the page came with. Where nothing stands inside the cell, the component draws. */
  begin(ids: readonly string[], multiple: boolean): void
  /** From here on the component draws; the server's nodes are used again where they fit. */
  takeOver(): void
  hold(next: readonly Shown[]): void
  /** Asks what these files are. */
  learn(ids: readonly string[]): Promise<void>
}

export interface HoldingOptions {
  readonly cell: HTMLElement
  readonly ask: (ids: readonly string[]) => Promise<Known>
  readonly changed: () => void
}

export function createHolding({ cell, ask, changed }: HoldingOptions): Holding {
  let shown: readonly Shown[] = []
  let slot: Node | null = null
  let served: Node[] = []
  let isOurs = false

  function takeOver(): void {
    if (isOurs) return
    isOurs = true
    for (const node of served) (node as ChildNode).remove()
  }

  return {
    get shown() {
      return shown
    },
    get slot() {
      return slot
    },
    get isOurs() {
      return isOurs
    },
    begin(ids, multiple) {
      served = [...cell.childNodes]
      slot = cell.querySelector('.file-slot')
      shown = drawnByServer(cell, ids, multiple)
      if (cell.children.length === 0) takeOver()
    },
    takeOver,
    hold(next) {
      shown = next
      changed()
    },
    async learn(ids) {
      const known = await ask(ids)
      shown = withAnswer(shown, ids, known)
      changed()
    },
  }
}
