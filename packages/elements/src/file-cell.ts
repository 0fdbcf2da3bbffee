import { requestJson } from '@holdall/client'
import type { TemplateResult } from 'lit'
import { withArrived } from './cell/attached.ts'
import type { Problem } from './cell/contents.ts'
import {
  drawnByServer,
  elementOf,
  inPlace,
  nameOf,
  type Shown,
  STRIP_LENGTH,
  unknownIn,
  withAnswer,
} from './cell/shown.ts'
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
    _problem: { state: true },
    _near: { state: true },
    _held: { state: true },
    _saving: { state: true },
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
  declare _problem: Problem | null
  /** The pointer is over the cell, or the focus in it. */
  declare _near: boolean
  declare _held: Held
  declare _saving: boolean
  /** Whether the file shall go is asked. */
  declare _asks: boolean

  #shown: Shown[] = []
  /** What an empty cell shows; kept to come back to. */
  #slot: Node | null = null
  /** While nothing has changed, what the server drew stays as it is. */
  #served: Node[] = []
  #touched = false
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
  readonly #offering = createOffering({
    address: (path) => this.address(path),
    holds: (id) => this.#shown[0]?.id === id && !this._saving,
    changed: () => this.requestUpdate(),
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
    this._problem = null
    this._near = false
    this._held = null
    this._saving = false
    this._asks = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (!this.#ready) this.#takeOver()
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
    this.#touch()
    this.#forgetFailed()
    if (!this.multiple && files.length > 1) {
      const text = `${this.column} takes one file, and these are ${files.length}. None was attached.`
      this._problem = { text, retry: null }
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

  #takeOver(): void {
    this.#ready = true
    this.#served = [...this.childNodes]
    this.#slot = this.querySelector('.file-slot')
    const ids = readIds(this.value)
    this.#shown = drawnByServer(this, ids, this.multiple)
    if (this.children.length > 0) return
    this.#touch()
    if (ids.length > 0) this.#ask(ids)
  }

  async #ask(ids: readonly string[]): Promise<void> {
    try {
      await this.#learn(ids)
    } catch (error) {
      const text = error instanceof Error ? error.message : 'What this cell holds did not come.'
      const retry = () => {
        this._problem = null
        this.#ask(ids)
      }
      this._problem = { text, retry }
    }
  }

  async #learn(ids: readonly string[]): Promise<void> {
    const known = await askAbout(this.address('-/files/batch.json'), ids)
    this.#shown = withAnswer(this.#shown, ids, known)
    this.requestUpdate()
  }

  /** Whether there is a row to write into, and a source for new files. */
  get #writes(): boolean {
    return this.rowUrl !== '' && this.column !== '' && this.source !== null
  }

  /** From here on the component draws; the server's nodes are used again where they fit. */
  #touch(): void {
    if (this.#touched) return
    this.#touched = true
    for (const node of this.#served) (node as ChildNode).remove()
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
    const at = this.#shown.findIndex((shown) => elementOf(this, shown)?.contains(event.target as Node))
    if (at < 0) return
    event.preventDefault()
    if (this._saving || this.#uploads.pending > 0) return
    if (moves) this.#move(at, up ? at - 1 : at + 1)
    else this.#detach(at)
  }

  /** Within what is shown: what "+N more" hides is ordered in the row's form. */
  async #move(from: number, to: number): Promise<void> {
    const shown = this.#shown[from]
    if (!shown || to < 0 || to >= Math.min(this.#shown.length, STRIP_LENGTH)) return
    this.#forgetFailed()
    this.#touch()
    const next = this.#shown.toSpliced(from, 1).toSpliced(to, 0, shown)
    const saved = this.#save(next, `${nameOf(shown)} is now ${to + 1} of ${next.length}`)
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
    this.#touch()
    this._asks = true
    await this.updateComplete
    this.querySelector<HTMLElement>('[data-control=keep]')?.focus()
  }

  async #keep(): Promise<void> {
    const [first] = this.#shown
    this._asks = false
    await this.updateComplete
    if (first) this.#focusOn(first)
  }

  async #detach(at: number): Promise<void> {
    this._asks = false
    const shown = this.#shown[at]
    if (!shown) return
    this.#forgetFailed()
    this.#touch()
    const where = this.rowLabel ? ` from ${this.rowLabel}` : ''
    const hadFocus = this.contains(document.activeElement)
    await this.#save(this.#shown.toSpliced(at, 1), `${nameOf(shown)} detached${where}`)
    await this.updateComplete
    if (hadFocus) this.querySelector<HTMLElement>('a:not([tabindex]), button')?.focus()
  }

  /** All uploads of a drop have ended: one write attaches what arrived. */
  #attachUploaded(): void {
    const arrived = this.#uploads.tasks.filter((task) => task.state === 'done')
    if (arrived.length === 0) return
    this.#uploads.setAside(...arrived)
    const { next, said } = withArrived(this.#shown, arrived, this)
    this.#save(next, said)
  }

  async #save(next: Shown[], said: string, undoable = true): Promise<void> {
    const before = this.#shown
    const ids = next.map(({ id }) => id)
    const value = this.multiple ? (ids.length > 0 ? ids : null) : (ids[0] ?? null)
    this.#shown = next
    this._problem = null
    this.#offering.end()
    this._saving = true
    try {
      await requestJson(`${this.rowUrl}/-/update`, { update: { [this.column]: value }, return: true })
    } catch (error) {
      this.#shown = before
      const text = error instanceof Error ? error.message : 'The row was not saved.'
      this._problem = { text: `Not saved. ${text}`, retry: () => this.#save(next, said, undoable) }
      announce(`Not saved: ${text}`)
      return
    } finally {
      this._saving = false
    }
    this.value = JSON.stringify(ids)
    const unknown = unknownIn(next)
    // What "+N more" hid is a link where no answer comes.
    if (this.multiple && unknown.length > 0) this.#learn(unknown).catch(() => {})
    toast(said, undoable ? () => this.#save(before, 'Put back as it was', false) : undefined)
    this.dispatchEvent(new CustomEvent('file-cell-saved', { bubbles: true, detail: { value } }))
    if (undoable && !this.multiple) await this.#offerDescription(before, next)
  }

  async #offerDescription([before]: readonly Shown[], [now]: readonly Shown[]): Promise<void> {
    if (before && now) await this.#offering.ask({ id: before.id, name: nameOf(before) }, now.id)
  }

  #forgetFailed(): void {
    this._problem = null
    this._asks = false
    // What is kept of them stays: the same file, given again, goes on from there.
    this.#uploads.setAside(...this.#uploads.tasks.filter(({ state }) => state === 'failed'))
  }

  #giveUp(): void {
    this._problem = null
    this.#uploads.setAside(...this.#uploads.tasks).discard()
  }

  override render(): TemplateResult {
    const cell: CellState = {
      shown: this.#shown.map((one) => inPlace(one, this.place)),
      slot: this.#slot,
      tasks: this.#uploads.tasks,
      keptOut: keptOutBeside(this.#door, this.#uploads.tasks, this.#transfers.wholeUpTo),
      problem: this._problem,
      saving: this._saving,
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
    return this.#touched ? cellView(cell, this.#actions) : besideServed(cell, this.#actions)
  }
}
