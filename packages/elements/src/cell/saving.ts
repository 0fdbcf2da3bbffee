import { requestJson } from '@holdall/client'
import { announce } from '../lib/announce.ts'
import { toast } from '../lib/toast.ts'
import type { Problem } from './contents.ts'
import type { Holding } from './holding.ts'
import { type Shown, unknownIn } from './shown.ts'

/** Writing into the row what its cell is to hold: shown at once, with a way back, and put back where it is refused. */
export interface Saving {
  readonly isSaving: boolean
  /** What was refused, beside what the cell goes on to hold. */
  problem: Problem | null
  /** @param said what was done, for the message with Undo */
  save(next: readonly Shown[], said: string): Promise<void>
}

export interface Saved {
  readonly next: readonly Shown[]
  /** What was there; null where it was put back. */
  readonly before: readonly Shown[] | null
  /** What the row holds now, as it was sent. */
  readonly value: string | readonly string[] | null
}

export interface SavingOptions {
  readonly holding: Holding
  readonly cell: () => { readonly rowUrl: string; readonly column: string; readonly multiple: boolean }
  readonly changed: () => void
  /** Called before anything is sent. */
  readonly begins: () => void
  readonly saved: (saved: Saved) => Promise<void>
}

export function createSaving({ holding, cell, changed, begins, saved }: SavingOptions): Saving {
  let isSaving = false
  let problem: Problem | null = null

  function set(state: boolean, next: Problem | null): void {
    isSaving = state
    problem = next
    changed()
  }

  async function save(next: readonly Shown[], said: string, undoable = true): Promise<void> {
    const { rowUrl, column, multiple } = cell()
    const before = holding.shown
    const ids = next.map(({ id }) => id)
    const value = multiple ? (ids.length > 0 ? ids : null) : (ids[0] ?? null)
    holding.hold(next)
    begins()
    set(true, null)
    try {
      await requestJson(`${rowUrl}/-/update`, { update: { [column]: value }, return: true })
    } catch (error) {
      holding.hold(before)
      const text = error instanceof Error ? error.message : 'The row was not saved.'
      set(false, { text: `Not saved. ${text}`, retry: () => save(next, said, undoable) })
      announce(`Not saved: ${text}`)
      return
    }
    set(false, problem)
    const unknown = unknownIn(next)
    // What "+N more" hid is a link where no answer comes.
    if (multiple && unknown.length > 0) holding.learn(unknown).catch(() => {})
    toast(said, undoable ? () => save(before, 'Put back as it was', false) : undefined)
    await saved({ next, before: undoable ? before : null, value })
  }

  return {
    get isSaving() {
      return isSaving
    },
    get problem() {
      return problem
    },
    set problem(next) {
      set(isSaving, next)
    },
    save: (next, said) => save(next, said),
  }
}
