import { html, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { fieldFoot } from './field/foot.ts'
import { createItems, type Item, nameOf } from './field/items.ts'
import { emptyLine, fieldLine } from './field/line.ts'
import { pickFiles } from './field/picking.ts'
import { problemOf } from './field/problem.ts'
import { createReordering } from './field/reordering.ts'
import { announce } from './lib/announce.ts'
import { askAbout } from './lib/asking.ts'
import { chooseFiles, type Held } from './lib/dragging.ts'
import { HoldallElement } from './lib/element.ts'
import { readIds, writeIds } from './lib/ids.ts'
import { createDoor, sourceQuestion } from './lib/kept-out.ts'
import { knownIn } from './lib/known.ts'
import { createOffering } from './lib/offering.ts'
import { receiveFiles } from './lib/receiving.ts'
import { storedSummary } from './lib/stored.ts'
import { isPending, type Task } from './lib/task.ts'
import { toast } from './lib/toast.ts'
import { fileTransfers } from './lib/transfers.ts'
import { createUploads, keptOutOf } from './lib/uploads.ts'
import { tooLateWords } from './lib/words.ts'
import { keptOutBeside } from './queue/kept-out.ts'

/**
 * The field of a file column: what is attached, in order, and the ways to attach more. It takes the place of the input
 * that the server wrote inside it and sends the same value under the same name: an id, or a JSON array of ids, or
 * nothing. The files that it begins with stand in a JSON script inside it; without one the server is asked about them.
 *
 * @fires file-field-change - whenever files, order or uploads change; bubbles
 */
export class FileColumnInput extends HoldallElement {
  static override properties = {
    ...HoldallElement.properties,
    name: {},
    column: {},
    value: {},
    multiple: { type: Boolean },
    pickable: { type: Boolean },
    library: {},
    invalid: { type: Boolean },
    _held: { state: true },
    _problem: { state: true },
    _asking: { state: true },
  }
  declare name: string
  /** What the column is called, where that is not the field's name. */
  declare column: string | null
  declare value: string
  declare multiple: boolean
  declare pickable: boolean
  /** The source to pick from, where it is another than the one that new files go to. */
  declare library: string | null
  declare invalid: boolean
  declare _held: Held
  declare _problem: string | null
  /** What the files are that it begins with has been asked, and not been answered. */
  declare _asking: boolean

  #stop: (() => void) | undefined
  #ready = false
  readonly #items = createItems((task, kept) => {
    const aside = this.#uploads.setAside(task)
    if (!kept) aside.discard()
  })
  readonly #reordering = createReordering({
    list: () => this.#items.list,
    place: (item, to) => this.#place(item, to),
  })
  readonly #transfers = fileTransfers(() => ({ baseUrl: this.base, source: this.source ?? '' }))
  readonly #door = createDoor({
    address: () => sourceQuestion((path) => this.address(path), this.source),
    changed: () => this.requestUpdate(),
    opened: () => {
      for (const task of keptOutOf(this.#uploads.tasks)) this.#retry(task)
    },
  })
  readonly #uploads = createUploads({
    transfers: this.#transfers,
    rules: () => ({ name: this.#label, accept: this.accept, maxSize: this.maxSize }),
    changed: () => this.#changed(),
    stored: (task, stored) => {
      this.#items.arrived(task, storedSummary(stored))
      this.#changed()
      this.#offerDescription()
    },
    failed: () => this.#bringBack(),
    late: (task) => {
      this.#uploads.setAside(task)
      toast(`${tooLateWords(task.file)}. It is not attached.`)
    },
  })

  readonly #offering = createOffering({
    address: (path) => this.address(path),
    holds: (id) => this.#items.only?.id === id,
    changed: () => this.requestUpdate(),
  })

  constructor() {
    super()
    this.name = ''
    this.column = null
    this.value = ''
    this.multiple = false
    this.pickable = false
    this.library = null
    this.invalid = false
    this._held = null
    this._problem = null
    this._asking = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (!this.#ready) this.#takeOver()
    this.#stop = receiveFiles(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
    this.#door.leave()
  }

  /** Uploads that have not ended; saving waits for them. */
  get pending(): number {
    return this.#uploads.pending
  }

  /** Takes up what was paused: saving waits for it. */
  goOn(): void {
    for (const task of this.#uploads.tasks) task.resume()
  }

  /** Uploads that failed and were neither retried nor removed; saving would lose them. */
  get failed(): number {
    return this.#uploads.tasks.filter((task) => task.state === 'failed').length
  }

  /** Why the form cannot be saved, and what to do; null when nothing failed. */
  get problem(): string | null {
    return problemOf(this.#uploads.tasks)
  }

  /** Whether the value is another than the page came with. */
  get changed(): boolean {
    return this.value !== writeIds(readIds(this.getAttribute('value') ?? ''), this.multiple)
  }

  /**
   * Uploads files and attaches them. Of several files a column of one takes none: which one is meant is not ours to
   * guess.
   */
  add(files: readonly File[]): void {
    this._problem = null
    this.#items.forgetFailed()
    if (!this.multiple && files.length > 1) {
      this._problem = `${this.#label} takes one file, and these are ${files.length}. None was attached.`
      announce(this._problem)
      this.#changed()
      return
    }
    if (!this.multiple) this.#items.makeRoom()
    const added = this.#uploads.add(files, (tasks) => this.#items.addTasks(tasks))
    if (added.some(({ size, refused }) => size > this.#transfers.wholeUpTo && !refused)) this.#door.ask()
    this.#changed()
  }

  /** Shows what files are held over it, as long as they are. */
  hold(what: Held): void {
    this._held = what
  }

  get #label(): string {
    return this.column ?? this.name
  }

  #takeOver(): void {
    this.#ready = true
    const script = this.querySelector('script[type="application/json"]')
    const ids = readIds(this.value)
    this.#items.begin(ids, knownIn(script?.textContent ?? '[]'))
    for (const child of [...this.children]) child.remove()
    if (script === null && ids.length > 0) this.#ask(ids)
  }

  /** A page that is not ours says ids and no more. Who has no answer keeps them, as files that are not shown. */
  async #ask(ids: readonly string[]): Promise<void> {
    this._asking = true
    try {
      this.#items.learn(await askAbout(this.address('-/files/batch.json'), ids))
    } catch {
      // The value stays as it is, and so does what the form sends.
    } finally {
      this._asking = false
    }
  }

  #changed(): void {
    this.value = writeIds(this.#items.ids(), this.multiple)
    this.requestUpdate()
    this.dispatchEvent(new CustomEvent('file-field-change', { bubbles: true }))
  }

  #bringBack(): void {
    this.#items.bringBack()
    this.#changed()
  }

  #remove(item: Item): void {
    const at = this.#items.list.indexOf(item)
    const putBack = this.#items.remove(item)
    if (item.kind !== 'task') {
      toast(`${nameOf(item)} is detached when you save`, () => {
        putBack()
        this.#changed()
      })
    } else if (this.#items.list.length === 0) this.#bringBack()
    this.#changed()
    this.#focusItem(this.#items.list[Math.min(at, this.#items.list.length - 1)], 'remove')
  }

  #retry(task: Task): void {
    if (!this.multiple) this.#items.makeRoom(this.#items.of(task))
    task.retry()
    this.#changed()
  }

  #move(item: Item, by: number, control: string): void {
    this.#place(item, this.#items.list.indexOf(item) + by)
    this.#focusItem(item, control)
  }

  #place(item: Item, to: number): void {
    if (!this.#items.place(item, to)) return
    announce(`${nameOf(item)}, now ${to + 1} of ${this.#items.list.length}`)
    this.#changed()
  }

  async #focusItem(item: Item | undefined, control: string): Promise<void> {
    await this.updateComplete
    const line = item && this.querySelector(`[data-item="${CSS.escape(item.key)}"]`)
    const wanted = line?.querySelector<HTMLButtonElement>(`[data-control=${control}]:enabled`)
    const other = line?.querySelector<HTMLButtonElement>('button:enabled')
    ;(wanted ?? other ?? this.querySelector<HTMLButtonElement>('.file-choose button'))?.focus()
  }

  #choose(): void {
    chooseFiles({ accept: this.accept, multiple: this.multiple }, (files) => this.add(files))
  }

  async #pick(): Promise<void> {
    const files = await pickFiles({
      base: this.base,
      source: this.library ?? this.source,
      accept: this.accept,
      multiple: this.multiple,
      label: this.name,
    })
    if (files === null) return
    if (!this.multiple) this.#items.makeRoom()
    this.#items.addFiles(files)
    this.#changed()
    this.#offerDescription()
  }

  /** The new file is there, whether or not the form is saved: what is copied is written at once. */
  #offerDescription(): void {
    const { replaced, only } = this.#items
    if (replaced?.kind === 'file' && only) this.#offering.ask({ id: replaced.file.id, name: nameOf(replaced) }, only.id)
  }

  #key(event: KeyboardEvent, item: Item): void {
    if (event.key === 'Delete') {
      event.preventDefault()
      this.#remove(item)
    } else if (event.altKey && this.multiple && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault()
      const control = (event.target as HTMLElement).dataset.control ?? 'remove'
      this.#move(item, event.key === 'ArrowUp' ? -1 : 1, control)
    }
  }

  override render(): TemplateResult {
    const { list } = this.#items
    return html`<input type="hidden" name=${this.name} value=${this.value} />
      <div class="file-field ${this.invalid ? 'wrong' : ''}" ?data-held=${this._held === 'welcome'} ?data-refusing=${this._held === 'unwelcome'}>
        ${
          this._asking
            ? html`<div class="file-vacant ${this.multiple ? '' : 'single'}"></div>`
            : list.length === 0
              ? emptyLine(this.multiple)
              : html`<ol class="file-list ${this.multiple ? '' : 'single'}">${repeat(
                  list,
                  (item) => item.key,
                  (item, at) => this.#line(item, at),
                )}</ol>`
        }
        ${keptOutBeside(this.#door, this.#uploads.tasks, this.#transfers.wholeUpTo)}
        ${fieldFoot({
          label: this.#label,
          multiple: this.multiple,
          filled: list.length > 0,
          busy: !this.multiple && list.some((item) => item.kind === 'task' && isPending(item.task)),
          replaced: this.#items.replaced,
          problem: this._problem,
          offer: this.#offering.offer,
          copy: () => void this.#offering.copy(),
          leave: () => this.#offering.end(),
          held: this._held,
          accept: this.accept,
          maxSize: this.maxSize,
          choose: this.source === null ? null : () => this.#choose(),
          pick: this.pickable ? () => this.#pick() : null,
        })}
      </div>`
  }

  #line(item: Item, at: number): TemplateResult {
    const [first] = this.#items.list
    return fieldLine({
      item,
      at,
      of: this.#items.list.length,
      multiple: this.multiple,
      kept: !this.multiple && first && first.kind !== 'task' ? first : null,
      reordering: this.#reordering,
      press: (event) => this.#key(event, item),
      choose: () => this.#choose(),
      retry: (task) => this.#retry(task),
      remove: () => this.#remove(item),
      move: (by, control) => this.#move(item, by, control),
    })
  }
}
