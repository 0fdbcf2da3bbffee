import type { TemplateResult } from 'lit'
import { withArrived } from './cell/attached.ts'
import { createHolding } from './cell/holding.ts'
import { createSaving } from './cell/saving.ts'
import { elementOf, inPlace, nameOf, type Shown, STRIP_LENGTH } from './cell/shown.ts'
import { besideServed, type CellActions, type CellState, cellView } from './cell/view.ts'
import { announce } from './lib/announce.ts'
import { askAbout } from './lib/asking.ts'
import { chooseFiles, type Held } from './lib/dragging.ts'
import { HoldallElement } from './lib/element.ts'
import { readIds } from './lib/ids.ts'
import { createDoor, sourceQuestion } from './lib/kept-out.ts'
import { pointsByTouch, watchNearness } from './lib/nearness.ts'
import { createOffering } from './lib/offering.ts'
import { receiveFiles } from './lib/receiving.ts'
import { toast } from './lib/toast.ts'
import { fileTransfers } from './lib/transfers.ts'
import { createUploads, keptOutOf } from './lib/uploads.ts'
import { tooLateWords } from './lib/words.ts'
import { keptOutBeside } from './queue/kept-out.ts'

/**
 * A cell of a file column, around what the server drew; where nothing stands inside it, the server is asked about what it
 * holds. Without a row to write into it only shows. Files that are dropped or pasted onto it are uploaded and
 * written into the row at once; a message with Undo says so. Delete detaches, Alt and arrows reorder; buttons come with the pointer
 * or the focus, and are always there where nothing can hover. What is refused is said beside what the cell goes on to hold.
 *
 * @fires file-cell-saved - `detail.value`: what the column holds now; bubbles
 */
export class FileCell extends HoldallElement {
  static override properties = {
    ...HoldallElement.properties,
    column: {},
    rowUrl: { attribute: 'row-url' },
    place: {},
    multiple: { type: Boolean },
    value: {},
    label: {},
    rowLabel: { attribute: 'row-label' },
    _near: { state: true },
    _held: { state: true },
    _asks: { state: true },
  }
  declare column: string
  declare rowUrl: string
  /** What the addresses of its files end in, so that their pages lead back here. */
  declare place: string
  declare multiple: boolean
  declare value: string
  declare label: string
  declare rowLabel: string
  /** The pointer is over the cell, or the focus in it. */
  declare _near: boolean
  declare _held: Held
  /** Whether the file shall go is asked. */
  declare _asks: boolean

  #ready = false
  #stop: (() => void) | undefined
  readonly #transfers = fileTransfers(() => ({ baseUrl: this.base, source: this.source ?? '' }))
  readonly #door = createDoor({
    address: () => sourceQuestion((path) => this.address(path), this.source),
    changed: () => this.requestUpdate(),
    opened: () => {
      for (const task of keptOutOf(this.#uploads.tasks)) task.retry()
    },
  })
  readonly #uploads = createUploads({
    transfers: this.#transfers,
    rules: () => ({ name: this.column, accept: this.accept, maxSize: this.maxSize }),
    changed: () => this.requestUpdate(),
    settled: () => this.#attachUploaded(),
    late: (task) => {
      this.#uploads.setAside(task)
      toast(`${tooLateWords(task.file)}. It is not attached.`)
    },
  })
  readonly #holding = createHolding({
    cell: this,
    ask: (ids) => askAbout(this.address('-/files/batch.json'), ids),
    changed: () => this.requestUpdate(),
  })
  readonly #offering = createOffering({
    address: (path) => this.address(path),
    holds: (id) => this.#holding.shown[0]?.id === id && !this.#saving.isSaving,
    changed: () => this.requestUpdate(),
  })
  readonly #saving = createSaving({
    holding: this.#holding,
    cell: () => this,
    changed: () => this.requestUpdate(),
    begins: () => this.#offering.end(),
    saved: async ({ next, before, value }) => {
      this.value = JSON.stringify(next.map(({ id }) => id))
      this.dispatchEvent(new CustomEvent('file-cell-saved', { bubbles: true, detail: { value } }))
      if (before && !this.multiple) await this.#offerDescription(before, next)
    },
  })

  readonly #actions: CellActions = {
    choose: () => this.#choose(),
    press: () => void this.#detachByPress(),
    detach: () => void this.#detach(0),
    keep: () => void this.#keep(),
    giveUp: () => this.#giveUp(),
    copy: () => void this.#offering.copy(),
    leave: () => this.#offering.end(),
  }

  constructor() {
    super()
    this.column = ''
    this.rowUrl = ''
    this.place = ''
    this.multiple = false
    this.value = '[]'
    this.label = ''
    this.rowLabel = ''
    this._near = false
    this._held = null
    this._asks = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (!this.#ready) this.#begin()
    const stop = new AbortController()
    const { signal } = stop
    this.addEventListener('keydown', (event) => this.#key(event), { signal })
    this.addEventListener('click', (event) => this.#click(event), { signal })
    const stopReceiving = this.#writes ? receiveFiles(this) : () => {}
    const stopLooking = watchNearness(this, (near) => {
      this._near = near
    })
    if (this.#writes) this.setAttribute('ready', '')
    this.#stop = () => {
      stopReceiving()
      stopLooking()
      stop.abort()
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
    this.#door.leave()
  }

  /**
   * Uploads files and writes them into the row, in a column of one file in the place of what it holds. Of several files
   * such a column takes none: which one is meant is not ours to guess.
   */
  add(files: readonly File[]): void {
    this.#holding.takeOver()
    this.#forgetFailed()
    if (!this.multiple && files.length > 1) {
      const text = `${this.column} takes one file, and these are ${files.length}. None was attached.`
      this.#saving.problem = { text, retry: null }
      announce(text)
      return
    }
    const added = this.#uploads.add(files)
    if (added.some(({ size, refused }) => size > this.#transfers.wholeUpTo && !refused)) this.#door.ask()
  }

  /** Shows what files are held over it, as long as they are. */
  hold(what: Held): void {
    this._held = what
    this.toggleAttribute('held', what === 'welcome')
    this.toggleAttribute('refusing', what === 'unwelcome')
  }

  #choose(): void {
    chooseFiles({ accept: this.accept, multiple: this.multiple }, (files) => this.add(files))
  }

  #begin(): void {
    this.#ready = true
    const ids = readIds(this.value)
    this.#holding.begin(ids, this.multiple)
    if (this.#holding.isOurs && ids.length > 0) this.#ask(ids)
  }

  async #ask(ids: readonly string[]): Promise<void> {
    try {
      await this.#holding.learn(ids)
    } catch (error) {
      const text = error instanceof Error ? error.message : 'What this cell holds did not come.'
      const retry = () => {
        this.#saving.problem = null
        this.#ask(ids)
      }
      this.#saving.problem = { text, retry }
    }
  }

  /** Whether there is a row to write into, and a source for new files. */
  get #writes(): boolean {
    return this.rowUrl !== '' && this.column !== '' && this.source !== null
  }

  #click(event: MouseEvent): void {
    if (!(event.target as Element).closest('.file-slot')) return
    event.preventDefault()
    this.#choose()
  }

  #key(event: KeyboardEvent): void {
    const up = event.key === 'ArrowUp'
    const moves = event.altKey && this.multiple && (up || event.key === 'ArrowDown')
    if (!this.#writes || (!moves && event.key !== 'Delete')) return
    const at = this.#holding.shown.findIndex((shown) => elementOf(this, shown)?.contains(event.target as Node))
    if (at < 0) return
    event.preventDefault()
    if (this.#saving.isSaving || this.#uploads.pending > 0) return
    if (moves) this.#move(at, up ? at - 1 : at + 1)
    else this.#detach(at)
  }

  /** Within what is shown: what "+N more" hides is ordered in the row's form. */
  async #move(from: number, to: number): Promise<void> {
    const shown = this.#holding.shown[from]
    if (!shown || to < 0 || to >= Math.min(this.#holding.shown.length, STRIP_LENGTH)) return
    this.#forgetFailed()
    this.#holding.takeOver()
    const next = this.#holding.shown.toSpliced(from, 1).toSpliced(to, 0, shown)
    const saved = this.#saving.save(next, `${nameOf(shown)} is now ${to + 1} of ${next.length}`)
    await this.updateComplete
    this.#focusOn(shown)
    await saved
    await this.updateComplete
    this.#focusOn(shown)
  }

  #focusOn(shown: Shown): void {
    const element = elementOf(this, shown)
    const link = element?.matches('a') ? element : element?.querySelector('a:not([tabindex])')
    ;(link as HTMLElement | null | undefined)?.focus()
  }

  /** A key is pressed on purpose; a finger may have meant what is beside the button. */
  async #detachByPress(): Promise<void> {
    if (!pointsByTouch()) return this.#detach(0)
    this.#holding.takeOver()
    this._asks = true
    await this.updateComplete
    this.querySelector<HTMLElement>('[data-control=keep]')?.focus()
  }

  async #keep(): Promise<void> {
    const [first] = this.#holding.shown
    this._asks = false
    await this.updateComplete
    if (first) this.#focusOn(first)
  }

  async #detach(at: number): Promise<void> {
    this._asks = false
    const shown = this.#holding.shown[at]
    if (!shown) return
    this.#forgetFailed()
    this.#holding.takeOver()
    const where = this.rowLabel ? ` from ${this.rowLabel}` : ''
    const hadFocus = this.contains(document.activeElement)
    await this.#saving.save(this.#holding.shown.toSpliced(at, 1), `${nameOf(shown)} detached${where}`)
    await this.updateComplete
    if (hadFocus) this.querySelector<HTMLElement>('a:not([tabindex]), button')?.focus()
  }

  /** All uploads of a drop have ended: one write attaches what arrived. */
  #attachUploaded(): void {
    const arrived = this.#uploads.tasks.filter((task) => task.state === 'done')
    if (arrived.length === 0) return
    this.#uploads.setAside(...arrived)
    const { next, said } = withArrived(this.#holding.shown, arrived, this)
    this.#saving.save(next, said)
  }

  async #offerDescription([before]: readonly Shown[], [now]: readonly Shown[]): Promise<void> {
    if (before && now) await this.#offering.ask({ id: before.id, name: nameOf(before) }, now.id)
  }

  #forgetFailed(): void {
    this.#saving.problem = null
    this._asks = false
    // What is kept of them stays: the same file, given again, goes on from there.
    this.#uploads.setAside(...this.#uploads.tasks.filter(({ state }) => state === 'failed'))
  }

  #giveUp(): void {
    this.#saving.problem = null
    this.#uploads.setAside(...this.#uploads.tasks).discard()
  }

  override render(): TemplateResult {
    const cell: CellState = {
      shown: this.#holding.shown.map((one) => inPlace(one, this.place)),
      slot: this.#holding.slot,
      tasks: this.#uploads.tasks,
      keptOut: keptOutBeside(this.#door, this.#uploads.tasks, this.#transfers.wholeUpTo),
      problem: this.#saving.problem,
      saving: this.#saving.isSaving,
      asks: this._asks,
      offer: this.#offering.offer,
      held: this._held,
      near: this._near,
      writes: this.#writes,
      multiple: this.multiple,
      accept: this.accept,
      label: this.label,
      column: this.column,
      rowUrl: this.rowUrl,
      base: this.address(''),
    }
    return this.#holding.isOurs ? cellView(cell, this.#actions) : besideServed(cell, this.#actions)
  }
}
