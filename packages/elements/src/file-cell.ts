import { requestJson } from '@holdall/client'
import { html, nothing, type TemplateResult } from 'lit'
import { announce } from './lib/announce.ts'
import { chooseFiles, filesOf, type Held, takeDrops } from './lib/dragging.ts'
import { HoldallElement } from './lib/element.ts'
import { acceptList, acceptsType, type FileSummary } from './lib/files.ts'
import { formatCount } from './lib/format.ts'
import { readIds } from './lib/ids.ts'
import { storedSummary } from './lib/stored.ts'
import { fileCell, icon, iconButton, nameParts, taskThumbnail, thumbnail } from './lib/templates.ts'
import { toast } from './lib/toast.ts'
import { createUploads, isPending, overall, type Task } from './lib/uploads.ts'
import { safeUrl } from './lib/url.ts'

/** As many of several files as the server shows. */
const STRIP_LENGTH = 3
/** Where nothing hovers, what hovering would bring is there. */
const CANNOT_HOVER = globalThis.matchMedia?.('(hover: none)')

/** A file of the cell: as the server drew it, or as an upload brought it. Neither is known for what "+N more" hides. */
interface Shown {
  readonly id: string
  readonly node?: Node
  readonly file?: FileSummary
}

/**
 * A cell of a file column, around what the server drew. Files that are dropped or pasted onto it are uploaded and
 * written into the row at once; a message with Undo says so. Delete detaches; buttons for the same come with the pointer
 * or the focus, and are always there where nothing can hover. What is refused is said beside what the cell goes on to hold.
 *
 * @fires file-cell-saved - `detail.value`: what the column holds now; bubbles
 */
export class FileCell extends HoldallElement {
  static override properties = {
    ...HoldallElement.properties,
    column: {},
    rowUrl: { attribute: 'row-url' },
    multiple: { type: Boolean },
    value: {},
    label: {},
    rowLabel: { attribute: 'row-label' },
    _problem: { state: true },
    _near: { state: true },
    _held: { state: true },
    _saving: { state: true },
  }
  declare column: string
  declare rowUrl: string
  declare multiple: boolean
  declare value: string
  declare label: string
  declare rowLabel: string
  declare _problem: { readonly text: string; readonly retry: (() => void) | null } | null
  /** The pointer is over the cell, or the focus in it. */
  declare _near: boolean
  declare _held: Held
  declare _saving: boolean

  #shown: Shown[] = []
  /** What an empty cell shows; kept to come back to. */
  #slot: Node | null = null
  /** While nothing has changed, what the server drew stays as it is. */
  #served: Node[] = []
  #touched = false
  #ready = false
  #stop: (() => void) | undefined
  readonly #uploads = createUploads({
    target: () => ({ baseUrl: this.base, source: this.source ?? '' }),
    rules: () => ({ name: this.column, accept: this.accept, maxSize: this.maxSize }),
    changed: () => this.requestUpdate(),
    settled: () => this.#attachUploaded(),
  })

  constructor() {
    super()
    this.column = ''
    this.rowUrl = ''
    this.multiple = false
    this.value = '[]'
    this.label = ''
    this.rowLabel = ''
    this._problem = null
    this._near = false
    this._held = null
    this._saving = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (!this.#ready) this.#takeOver()
    const stopDrops = takeDrops(this, {
      enabled: () => this.source !== null,
      takes: (type) => acceptsType(this.accept, type),
      held: (what) => this.#hold(what),
      dropped: (files) => this.add(files),
    })
    const stop = new AbortController()
    const { signal } = stop
    this.addEventListener('paste', (event) => this.#paste(event), { signal })
    this.addEventListener('keydown', (event) => this.#key(event), { signal })
    this.addEventListener('click', (event) => this.#click(event), { signal })
    for (const type of ['pointerenter', 'focusin', 'pointerleave'])
      this.addEventListener(type, () => this.#look(), { signal })
    this.addEventListener('focusout', ({ relatedTarget }) => this.#look(relatedTarget), { signal })
    this._near = CANNOT_HOVER?.matches ?? false
    this.setAttribute('ready', '')
    this.#stop = () => {
      stopDrops()
      stop.abort()
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
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
    this.#uploads.add(files)
  }

  #hold(what: Held): void {
    this._held = what
    this.toggleAttribute('held', what === 'welcome')
    this.toggleAttribute('refusing', what === 'unwelcome')
  }

  /** While focus moves it is nowhere: `next` is where it goes. */
  #look(next: EventTarget | null = document.activeElement): void {
    this._near = this.matches(':hover') || this.contains(next as Node | null) || (CANNOT_HOVER?.matches ?? false)
  }

  #choose(): void {
    chooseFiles({ accept: this.accept, multiple: this.multiple }, (files) => this.add(files))
  }

  #takeOver(): void {
    this.#ready = true
    this.#served = [...this.childNodes]
    this.#slot = this.querySelector('.file-slot')
    const ids = readIds(this.value)
    const drawn = this.multiple
      ? [...(this.querySelector('.file-strip')?.children ?? [])].filter((node) => !node.matches('.more'))
      : [...this.querySelectorAll('.file-cell')]
    this.#shown = ids.map((id, at) => (drawn[at] ? { id, node: drawn[at] } : { id }))
  }

  /** From here on the component draws; the server's nodes are used again where they fit. */
  #touch(): void {
    if (this.#touched) return
    this.#touched = true
    for (const node of this.#served) (node as ChildNode).remove()
  }

  #paste(event: ClipboardEvent): void {
    const files = filesOf(event.clipboardData)
    if (files.length === 0) return
    event.preventDefault()
    this.add(files)
  }

  #click(event: MouseEvent): void {
    if (!(event.target as Element).closest('.file-slot')) return
    event.preventDefault()
    this.#choose()
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Delete' || this.#shown.length === 0 || this._saving || this.#uploads.pending > 0) return
    const focused = this.#shown.findIndex(({ node, id }) =>
      node
        ? node.contains(event.target as Node)
        : this.querySelector(`[data-id="${CSS.escape(id)}"]`)?.contains(event.target as Node),
    )
    if (focused < 0) return
    event.preventDefault()
    this.#detach(focused)
  }

  async #detach(at: number): Promise<void> {
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
    const files = arrived.flatMap((task) =>
      task.stored ? [{ ...storedSummary(task.stored), preview: task.preview }] : [],
    )
    for (const task of arrived) this.#uploads.remove(task)
    const added = files.map(({ preview, ...file }) => ({
      id: file.id,
      file: { ...file, thumbnail_url: file.thumbnail_url ?? preview },
    }))
    const known = new Set(this.#shown.map(({ id }) => id))
    const next = this.multiple ? [...this.#shown, ...added.filter(({ id }) => !known.has(id))] : added.slice(-1)
    const what = files.length === 1 ? (files[0]?.filename ?? 'The file') : formatCount(files.length, 'file')
    const [before] = this.#shown
    const where = this.rowLabel ? ` to ${this.rowLabel}` : ''
    const instead = !this.multiple && before ? ` in place of ${nameOf(before)}` : ''
    this.#save(next, `${what} attached${where}${instead}`)
  }

  async #save(next: Shown[], said: string, undoable = true): Promise<void> {
    const before = this.#shown
    const ids = next.map(({ id }) => id)
    const value = this.multiple ? (ids.length > 0 ? ids : null) : (ids[0] ?? null)
    this.#shown = next
    this._problem = null
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
    toast(said, undoable ? () => this.#save(before, 'Put back as it was', false) : undefined)
    this.dispatchEvent(new CustomEvent('file-cell-saved', { bubbles: true, detail: { value } }))
  }

  #forgetFailed(): void {
    this._problem = null
    for (const task of this.#uploads.tasks.filter(({ state }) => state === 'failed')) this.#uploads.remove(task)
  }

  #giveUp(): void {
    this._problem = null
    for (const task of [...this.#uploads.tasks]) this.#uploads.remove(task)
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.#touched) return html`${this.#tools()}${this.#heldWords()}`
    if (this._problem) return this.#current(this.#problem(this._problem))
    const { tasks } = this.#uploads
    const failed = tasks.filter((task) => task.state === 'failed')
    if (tasks.some(isPending)) return this.#progress(tasks.filter(isPending), tasks)
    if (failed.length > 0) return this.#current(this.#failed(failed))
    if (this._saving) return this.#current(html`<span class="unseen" role="status">Saving</span>`)
    return this.#current(html`${this.#tools()}${this.#heldWords()}`)
  }

  /** What the pointer or the focus brings, so that a page of a hundred rows is not a page of hundreds of buttons. */
  #tools(): TemplateResult | typeof nothing {
    const [first] = this.#shown
    if (!this._near || !first || this._held) return nothing
    return html`<span class="cell-tools">${
      this.multiple
        ? html`${iconButton({ label: `Add files to ${this.label}`, icon: 'plus', press: () => this.#choose() })}<a class="button quiet small only-icon" href="${safeUrl(`${this.rowUrl}/-/update`)}" aria-label="Reorder or detach: ${this.label}" title="Reorder or detach">${icon('edit')}</a>`
        : html`${iconButton({ label: `Replace ${nameOf(first)}`, icon: 'upload', press: () => this.#choose() })}${iconButton({ label: `Detach ${nameOf(first)}`, icon: 'close', press: () => this.#detach(0) })}`
    }</span>`
  }

  /** An empty cell has these words in its slot. */
  #heldWords(): TemplateResult | typeof nothing {
    if (this._held === 'unwelcome')
      return html`<span class="cell-held">Takes ${acceptList(this.accept) ?? 'other types'}</span>`
    return this._held && this.#shown.length > 0 ? html`<span class="cell-held">Drop to attach</span>` : nothing
  }

  #current(note: TemplateResult | typeof nothing): TemplateResult {
    const [first] = this.#shown
    if (first === undefined) return html`${this.#slot ?? this.#emptySlot()}${note}`
    if (!this.multiple)
      return html`<span data-id=${first.id}>${first.node ?? (first.file ? fileCell(first.file) : nothing)}</span>${note}`
    const more = this.#shown.length - STRIP_LENGTH
    return html`<span class="file-strip">${this.#shown.slice(0, STRIP_LENGTH).map((shown) => shown.node ?? stripItem(shown, this.address('')))}${
      more > 0 ? html`<a class="more" href=${safeUrl(this.rowUrl)}>+${more} more</a>` : nothing
    }</span>${note}`
  }

  #emptySlot(): TemplateResult {
    return html`<a class="file-slot" href=${safeUrl(`${this.rowUrl}/-/update`)}><span class="square">${icon('plus', 'icon rest')}${icon('upload', 'icon invite')}</span><span><span class="rest">Add a file</span><span class="invite">Drop a file or choose</span><span class="held">Drop to attach</span><span class="unseen"> to ${this.label}</span></span></a>`
  }

  #progress(pending: readonly Task[], all: readonly Task[]): TemplateResult {
    const { sent, total } = overall(all)
    const [task] = pending
    const name =
      all.length === 1 && task
        ? html`<span class="file-name" title=${task.file.name}>${nameParts(task.file.name)}</span>`
        : html`<span>${formatCount(all.length, 'file')}</span>`
    const left = task?.pace.split(' · ').at(-1)
    const percent = total === 0 ? 0 : Math.floor((sent / total) * 100)
    const words = pending.every(({ state }) => state === 'finishing')
      ? 'Checking'
      : `${percent}%${left ? ` · ${left}` : ''}`
    return html`<span class="file-cell">${task ? taskThumbnail(task, 40) : nothing}<span class="file-text">${name}<progress value=${sent} max=${Math.max(1, total)} aria-label="Uploading ${all.length === 1 ? task?.file.name : formatCount(all.length, 'file')}"></progress><span class="file-facts tabular">${words}</span></span>${iconButton(
      { label: 'Cancel the upload', icon: 'close', press: () => this.#giveUp() },
    )}</span>`
  }

  #failed(failed: readonly Task[]): TemplateResult {
    const [task] = failed
    const again = failed.filter((one) => !one.refused)
    const retry = (): void => {
      for (const one of again) one.retry()
    }
    const which = failed.length === 1 ? task?.file.name : formatCount(failed.length, 'file')
    const text = `${which} not attached. ${task?.error ?? ''}`
    return this.#problem({ text, retry: again.length > 0 ? retry : null })
  }

  /** Beside what the cell holds, which goes on holding it. */
  #problem({ text, retry }: { readonly text: string; readonly retry: (() => void) | null }): TemplateResult {
    const [first] = this.#shown
    const kept = first && !this.multiple ? ` ${nameOf(first)} is kept.` : ''
    return html`<span class="cell-problem"><span class="file-problem" title=${text}>${firstSentences(text)}${kept}</span><span class="cell-answers">${
      retry
        ? html`<button class="button small" type="button" @click=${retry}>Retry</button>`
        : html`<button class="button small" type="button" @click=${this.#choose}>Choose another file</button>`
    }<button class="button quiet small" type="button" @click=${this.#giveUp}>Dismiss</button></span></span>`
  }
}

/** What a file of the cell is called, whoever drew it. */
function nameOf({ node, file }: Shown): string {
  if (file) return file.filename
  const link = !(node instanceof Element) ? null : node.matches('a') ? node : node.querySelector('a[aria-label]')
  return link?.getAttribute('aria-label') ?? 'the file before'
}

function stripItem({ id, file }: Shown, base: string): TemplateResult {
  if (!file) {
    return html`<a data-id=${id} href=${safeUrl(`${base}-/files/${id}`)} aria-label="File ${id}"><span class="type-tile">${icon('file')}</span></a>`
  }
  return html`<a data-id=${id} href=${safeUrl(file.url)} aria-label=${file.filename} title=${file.filename}>${thumbnail(file, 36)}</a>`
}

/** A cell has room for what happened and why; what to do is in the title and in the row's form. */
function firstSentences(text: string): string {
  return text.split(/(?<=[.!?])\s/, 2).join(' ')
}
