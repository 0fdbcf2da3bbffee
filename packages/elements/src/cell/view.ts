import { html, nothing, type TemplateResult } from 'lit'
import type { Held } from '../lib/dragging.ts'
import { type Offer, offerNote } from '../lib/offer.ts'
import { isPending, type Task } from '../lib/task.ts'
import {
  cellTools,
  detachQuestion,
  emptySlot,
  heldWords,
  noFile,
  oneFile,
  type Problem,
  problemNote,
  problemOf,
  progress,
  strip,
} from './contents.ts'
import { nameOf, type Shown } from './shown.ts'

/** A cell at one moment. */
export interface CellState {
  readonly shown: readonly Shown[]
  /** What it shows when it is empty, as the server drew it. */
  readonly slot: Node | null
  readonly tasks: readonly Task[]
  /** What keeps the page from sending one of them. */
  readonly keptOut: TemplateResult | typeof nothing
  readonly problem: Problem | null
  readonly saving: boolean
  /** Whether the file shall go is asked. */
  readonly asks: boolean
  readonly offer: Offer | null
  readonly held: Held
  /** The pointer is over it, or the focus in it. */
  readonly near: boolean
  /** There is a row to write into, and a source for new files. */
  readonly writes: boolean
  readonly multiple: boolean
  readonly accept: string | null
  readonly label: string
  readonly column: string
  readonly rowUrl: string
  /** Where the server is. */
  readonly base: string
}

export interface CellActions {
  readonly choose: () => void
  /** By the button that hover and focus bring. */
  readonly press: () => void
  readonly detach: () => void
  readonly keep: () => void
  readonly giveUp: () => void
  /** Copies the description that is offered. */
  readonly copy: () => void
  readonly leave: () => void
}

/** What a cell draws once it does so itself. */
export function cellView(cell: CellState, actions: CellActions): TemplateResult {
  return html`${content(cell, actions)}${cell.keptOut}`
}

function content(cell: CellState, actions: CellActions): TemplateResult {
  if (cell.problem) return current(cell, problemIn(cell, cell.problem, actions))
  const failed = cell.tasks.filter((task) => task.state === 'failed')
  const pending = cell.tasks.filter(isPending)
  if (pending.length > 0) return progress(pending, cell.tasks, actions.giveUp)
  if (failed.length > 0) return current(cell, problemIn(cell, problemOf(failed), actions))
  if (cell.saving) return current(cell, html`<span class="unseen" role="status">Saving</span>`)
  if (cell.asks) return current(cell, question(cell, actions))
  const beside = html`${toolsOf(cell, actions)}${wordsOf(cell)}`
  return current(cell, cell.offer ? html`${beside}${offerNote(cell.offer, actions)}` : beside)
}

/** What stands beside what the server drew. */
export function besideServed(cell: CellState, actions: CellActions): TemplateResult {
  return html`${toolsOf(cell, actions)}${wordsOf(cell)}`
}

function question({ shown: [first] }: CellState, { detach, keep }: CellActions): TemplateResult | typeof nothing {
  return first ? detachQuestion(nameOf(first), { detach, keep }) : nothing
}

/** What the pointer or the focus brings, so that a page of a hundred rows is not a page of hundreds of buttons. */
function toolsOf(cell: CellState, { choose, press }: CellActions): TemplateResult | typeof nothing {
  const [first] = cell.shown
  if (!cell.near || !first || cell.held || !cell.writes) return nothing
  const { label, rowUrl } = cell
  return cellTools({ label, rowUrl, only: cell.multiple ? null : nameOf(first), choose, detach: press })
}

function wordsOf({ held, accept, shown }: CellState): TemplateResult | typeof nothing {
  return held ? heldWords(held, accept, shown.length === 0) : nothing
}

function current(cell: CellState, note: TemplateResult | typeof nothing): TemplateResult {
  const [first] = cell.shown
  const held =
    first === undefined
      ? (cell.slot ?? (cell.writes ? emptySlot(cell.rowUrl, cell.label || cell.column) : noFile()))
      : cell.multiple
        ? strip(cell.shown, cell.base, cell.rowUrl)
        : oneFile(first)
  return html`${held}${note}`
}

function problemIn({ shown: [first], multiple }: CellState, problem: Problem, actions: CellActions): TemplateResult {
  const kept = first && !multiple ? ` ${nameOf(first)} is kept.` : ''
  return problemNote(problem, { kept, choose: actions.choose, dismiss: actions.giveUp })
}
