import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { FilePicker } from './file-picker.ts'
import { announce } from './lib/announce.ts'
import { chooseFiles, filesOf, type Held, takeDrops } from './lib/dragging.ts'
import { HoldallElement } from './lib/element.ts'
import { acceptList, acceptsType, acceptWords, type FileSummary, fileFacts } from './lib/files.ts'
import { formatLimit, formatPortion } from './lib/format.ts'
import { readIds, writeIds } from './lib/ids.ts'
import { storedSummary, summaryOf } from './lib/stored.ts'
import { icon, iconButton, nameParts, taskThumbnail, thumbnail } from './lib/templates.ts'
import { toast } from './lib/toast.ts'
import { createUploads, isPending, type Task } from './lib/uploads.ts'
import { safeUrl } from './lib/url.ts'

/** A file that is attached, one that nobody may see, or one on its way. */
type Item =
  | { readonly key: string; readonly kind: 'file'; readonly file: FileSummary }
  | { readonly key: string; readonly kind: 'unavailable'; readonly id: string }
  | { readonly key: string; readonly kind: 'task'; readonly task: Task }

/** The type under which a file of this list is dragged within it. */
const ITEM_TYPE = 'application/x-holdall-item'

/**
 * The field of a file column: what is attached, in order, and the ways to attach more. It takes the place of the input
 * that the server wrote inside it and sends the same value under the same name: an id, or a JSON array of ids, or
 * nothing. The files that it begins with stand in a JSON script inside it.
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

  #items: Item[] = []
  /** The file that a new one takes the place of when the form is saved; only where there is one file. */
  #replaced: Item | null = null
  #stop: (() => void) | undefined
  #dragged: string | null = null
  #ready = false
  readonly #uploads = createUploads({
    target: () => ({ baseUrl: this.base, source: this.source ?? '' }),
    rules: () => ({ name: this.column ?? this.name, accept: this.accept, maxSize: this.maxSize }),
    changed: () => this.#changed(),
    stored: (task, stored) => this.#attach(task, storedSummary(stored)),
    failed: () => this.#bringBack(),
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
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (!this.#ready) this.#takeOver()
    const stopDrops = takeDrops(this, {
      enabled: () => this.source !== null,
      takes: (type) => acceptsType(this.accept, type),
      held: (what) => {
        this._held = what
      },
      dropped: (files) => this.add(files),
    })
    const stop = new AbortController()
    this.addEventListener('paste', (event) => this.#paste(event), { signal: stop.signal })
    this.#stop = () => {
      stopDrops()
      stop.abort()
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
  }

  /** Uploads that have not ended; saving waits for them. */
  get pending(): number {
    return this.#uploads.pending
  }

  /** Uploads that failed and were neither retried nor removed; saving would lose them. */
  get failed(): number {
    return this.#uploads.tasks.filter((task) => task.state === 'failed').length
  }

  /** Why the form cannot be saved, and what to do; null when nothing failed. */
  get problem(): string | null {
    const task = this.#uploads.tasks.find(({ state }) => state === 'failed')
    if (!task) return null
    return task.refused
      ? `${task.file.name} cannot be attached. ${task.error} Choose another file or dismiss it, then save.`
      : `${task.file.name} was not uploaded. Retry it or remove it, then save.`
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
    this.#forgetFailed()
    if (!this.multiple && files.length > 1) {
      this._problem = `${this.column ?? this.name} takes one file, and these are ${files.length}. None was attached.`
      announce(this._problem)
      this.#changed()
      return
    }
    if (!this.multiple) this.#makeRoom()
    this.#uploads.add(files, (tasks) => {
      const added = tasks.map((task) => ({ key: `task-${task.key}`, kind: 'task', task }) as const)
      this.#items = [...this.#items, ...added]
    })
    this.#changed()
  }

  #forgetFailed(): void {
    for (const item of this.#items) {
      if (item.kind !== 'task' || item.task.state !== 'failed') continue
      this.#items = this.#items.filter((one) => one !== item)
      this.#uploads.remove(item.task)
    }
  }

  #takeOver(): void {
    this.#ready = true
    const script = this.querySelector('script[type="application/json"]')
    const files = parseFiles(script?.textContent ?? '[]')
    this.#items = readIds(this.value).map((id) => {
      const file = files.find((one) => one.id === id)
      return file ? { key: id, kind: 'file', file } : { key: id, kind: 'unavailable', id }
    })
    for (const child of [...this.children]) child.remove()
  }

  /** With room for one, what is there steps aside: the file until the form is saved, an upload for good. */
  #makeRoom(): void {
    for (const item of this.#items) {
      if (item.kind === 'task') this.#uploads.remove(item.task)
      else this.#replaced ??= item
    }
    this.#items = []
  }

  #attach(task: Task, file: FileSummary): void {
    const twice = this.#items.some((item) => item.kind === 'file' && item.file.id === file.id)
    this.#items = this.#items.flatMap((item) => {
      if (item.kind !== 'task' || item.task !== task) return [item]
      return twice
        ? []
        : [
            {
              key: item.key,
              kind: 'file',
              file: { ...file, thumbnail_url: file.thumbnail_url ?? task.preview },
            } as const,
          ]
    })
    this.#changed()
  }

  #changed(): void {
    const ids = this.#items.flatMap((item) =>
      item.kind === 'file' ? [item.file.id] : item.kind === 'unavailable' ? [item.id] : [],
    )
    this.value = writeIds(ids, this.multiple)
    this.requestUpdate()
    this.dispatchEvent(new CustomEvent('file-field-change', { bubbles: true }))
  }

  #remove(item: Item): void {
    const before = this.#items
    const at = before.indexOf(item)
    this.#items = before.filter((one) => one !== item)
    if (item.kind === 'task') {
      this.#uploads.remove(item.task)
      if (this.#items.length === 0) this.#bringBack()
    } else {
      toast(`${this.#nameOf(item)} is detached when you save`, () => {
        this.#items = this.#items.toSpliced(at, 0, item)
        this.#changed()
      })
    }
    this.#changed()
    this.#focusItem(this.#items[Math.min(at, this.#items.length - 1)], 'remove')
  }

  /** A replacement that was cancelled or failed leaves what was there. */
  #bringBack(): void {
    if (this.#replaced) this.#items = [this.#replaced, ...this.#items]
    this.#replaced = null
    this.#changed()
  }

  #retry(task: Task): void {
    const own = this.#items.find((item) => item.kind === 'task' && item.task === task)
    if (!this.multiple && own) {
      this.#items = this.#items.filter((item) => item !== own)
      this.#makeRoom()
      this.#items = [own]
    }
    task.retry()
    this.#changed()
  }

  #move(item: Item, by: number, control: string): void {
    const from = this.#items.indexOf(item)
    this.#place(item, from + by)
    this.#focusItem(item, control)
  }

  #place(item: Item, to: number): void {
    const from = this.#items.indexOf(item)
    if (from < 0 || to < 0 || to >= this.#items.length || from === to) return
    this.#items = this.#items.toSpliced(from, 1).toSpliced(to, 0, item)
    announce(`${this.#nameOf(item)}, now ${to + 1} of ${this.#items.length}`)
    this.#changed()
  }

  async #focusItem(item: Item | undefined, control: string): Promise<void> {
    await this.updateComplete
    const line = item && this.querySelector(`[data-item="${CSS.escape(item.key)}"]`)
    const wanted = line?.querySelector<HTMLButtonElement>(`[data-control=${control}]:enabled`)
    const other = line?.querySelector<HTMLButtonElement>('button:enabled')
    ;(wanted ?? other ?? this.querySelector<HTMLButtonElement>('.file-choose button'))?.focus()
  }

  #nameOf(item: Item): string {
    if (item.kind === 'unavailable') return 'The unavailable file'
    return item.kind === 'file' ? item.file.filename : item.task.file.name
  }

  #choose(): void {
    chooseFiles({ accept: this.accept, multiple: this.multiple }, (files) => this.add(files))
  }

  async #pick(): Promise<void> {
    const picker = document.createElement('file-picker') as FilePicker
    Object.assign(picker, {
      base: this.base,
      source: this.library ?? this.source,
      accept: this.accept,
      multiple: this.multiple,
      label: this.name,
    })
    document.body.append(picker)
    const files = await picker.open()
    picker.remove()
    if (files === null) return
    if (!this.multiple) this.#makeRoom()
    const known = new Set(this.#items.flatMap((item) => (item.kind === 'file' ? [item.file.id] : [])))
    const added = files
      .filter((file) => !known.has(file.id))
      .map((file) => ({ key: file.id, kind: 'file', file }) as const)
    this.#items = [...this.#items, ...added]
    this.#changed()
  }

  #paste(event: ClipboardEvent): void {
    const files = filesOf(event.clipboardData)
    if (files.length === 0 || this.source === null) return
    event.preventDefault()
    event.stopPropagation()
    this.add(files)
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

  #dragOver(event: DragEvent): void {
    if (this.#dragged === null || !event.dataTransfer?.types.includes(ITEM_TYPE)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'move'
    const line = event.currentTarget as HTMLElement
    const after = event.clientY > line.getBoundingClientRect().top + line.offsetHeight / 2
    line.classList.toggle('before', !after)
    line.classList.toggle('after', after)
  }

  #dropOn(event: DragEvent, target: Item): void {
    const line = event.currentTarget as HTMLElement
    const after = line.classList.contains('after')
    line.classList.remove('before', 'after')
    const item = this.#items.find((one) => one.key === this.#dragged)
    this.#dragged = null
    if (!item || item === target) return
    event.preventDefault()
    const without = this.#items.filter((one) => one !== item)
    this.#place(item, without.indexOf(target) + (after ? 1 : 0))
  }

  override render(): TemplateResult {
    const items = this.#items
    return html`<input type="hidden" name=${this.name} value=${this.value} />
      <div class="file-field ${this.invalid ? 'wrong' : ''}" ?data-held=${this._held === 'welcome'} ?data-refusing=${this._held === 'unwelcome'}>
        ${
          items.length === 0
            ? nothing
            : html`<ol class="file-list ${this.multiple ? '' : 'single'}">${repeat(
                items,
                (item) => item.key,
                (item, at) => this.#line(item, at),
              )}</ol>`
        }
        ${this.#foot()}
      </div>`
  }

  #line(item: Item, at: number): TemplateResult {
    const side = this.multiple ? 48 : 72
    const leave = (event: DragEvent): void => (event.currentTarget as HTMLElement).classList.remove('before', 'after')
    return html`<li data-item=${item.key} @keydown=${(event: KeyboardEvent) => this.#key(event, item)} @dragover=${this.#dragOver} @dragleave=${leave} @drop=${(event: DragEvent) => this.#dropOn(event, item)}>
      ${this.multiple && this.#items.length > 1 ? this.#grip(item) : nothing}
      ${this.#picture(item, side)}
      <div class="file-text">${this.#text(item)}</div>
      <div class="file-tools">${this.#tools(item, at)}</div>
    </li>`
  }

  /** Dragging is a shortcut: the buttons do the same, so the grip says nothing to screen readers. */
  #grip(item: Item): TemplateResult {
    const start = (event: DragEvent): void => {
      this.#dragged = item.key
      event.dataTransfer?.setData(ITEM_TYPE, item.key)
      ;(event.currentTarget as HTMLElement).closest('li')?.classList.add('dragged')
    }
    const end = (event: DragEvent): void => {
      this.#dragged = null
      ;(event.currentTarget as HTMLElement).closest('li')?.classList.remove('dragged')
    }
    return html`<span class="grip" draggable="true" title="Drag to reorder" aria-hidden="true" @dragstart=${start} @dragend=${end}>${icon('grip')}</span>`
  }

  #picture(item: Item, side: number): TemplateResult {
    if (item.kind === 'task') return taskThumbnail(item.task, side)
    if (item.kind === 'file') return thumbnail(item.file, side)
    return html`<span class="type-tile">${icon('fileMissing')}</span>`
  }

  #text(item: Item): TemplateResult {
    if (item.kind === 'unavailable') {
      return html`<span>Unavailable</span><span class="file-facts">Missing or hidden. Removing it here detaches it.</span>`
    }
    if (item.kind === 'file') {
      const { file } = item
      return html`<a class="file-name" href=${safeUrl(file.url)} title=${file.filename} aria-label=${file.filename}>${nameParts(file.filename)}</a><span class="file-facts">${fileFacts(file)}</span>`
    }
    const { task } = item
    const [kept] = this.#items
    const keeps = !this.multiple && task.state === 'failed' && kept && kept.kind !== 'task'
    return html`<span class="file-name" title=${task.file.name}>${nameParts(task.file.name)}</span>${taskProgress(task, keeps ? `${this.#nameOf(kept)} is kept.` : '')}`
  }

  #tools(item: Item, at: number): TemplateResult {
    if (item.kind === 'task' && isPending(item.task)) {
      return html`<button class="button small" type="button" aria-label="Cancel ${item.task.file.name}" @click=${() => this.#remove(item)}>Cancel</button>`
    }
    const name = this.#nameOf(item)
    const move = (label: string, up: boolean): TemplateResult =>
      iconButton({
        label: `Move ${name} ${label}`,
        icon: up ? 'chevronUp' : 'chevronDown',
        control: label,
        disabled: up ? at === 0 : at === this.#items.length - 1,
        press: () => this.#move(item, up ? -1 : 1, label),
      })
    return html`${
      item.kind !== 'task'
        ? nothing
        : item.task.refused
          ? html`<button class="button small" type="button" @click=${this.#choose}>Choose another file</button><button class="button quiet small" type="button" aria-label="Dismiss ${name}" data-control="remove" @click=${() => this.#remove(item)}>Dismiss</button>`
          : html`<button class="button small" type="button" aria-label="Retry ${name}" @click=${() => this.#retry(item.task)}>Retry</button>`
    }${
      item.kind === 'task' && item.task.refused
        ? nothing
        : html`${this.multiple && this.#items.length > 1 ? html`${move('up', true)}${move('down', false)}` : nothing}${iconButton(
            {
              label: `Remove ${name}`,
              icon: 'close',
              control: 'remove',
              press: () => this.#remove(item),
            },
          )}`
    }`
  }

  #foot(): TemplateResult | typeof nothing {
    if (this.source === null && !this.pickable) return nothing
    const busy = !this.multiple && this.#items.some((item) => item.kind === 'task' && isPending(item.task))
    const replaced = this.#replaced
    const note = replaced
      ? html`<span class=${busy ? '' : 'field-note'}>Replaces ${replaced.kind === 'file' ? html`<a href=${safeUrl(replaced.file.url)}>${replaced.file.filename}</a>` : 'the unavailable file'} when you save</span>`
      : nothing
    if (busy && replaced) return html`<div class="file-choose">${note}<span class="to-end">${this.#rule()}</span></div>`
    if (busy) return nothing
    const words =
      this._held === 'unwelcome'
        ? `Takes ${acceptList(this.accept) ?? 'other types'}`
        : this._held
          ? 'Drop to attach'
          : `or drop or paste ${this.multiple ? 'them' : 'it'} here`
    return html`<div class="file-choose">
      ${note}
      ${this._problem ? html`<span class="field-note file-problem">${icon('error')}<span>${this._problem}${this.#items.length > 0 ? ' What was here is kept.' : ''}</span></span>` : nothing}
      ${this.source === null ? nothing : html`<button class="button small" type="button" @click=${this.#choose}>${icon('upload')}${this.multiple ? 'Choose files' : 'Choose file'}</button>`}
      ${this.pickable ? html`<button class="button small" type="button" @click=${this.#pick}>${icon('image')}Pick from library</button>` : nothing}
      ${this.source === null ? nothing : html`<span class="to-end drop-words">${words}</span>`}
    </div>`
  }

  /** "One image, up to 100 MB" */
  #rule(): string {
    const kind = acceptWords(this.accept)?.one.replace(/^an? |^one of /, '') ?? 'file'
    return `One ${kind}${this.maxSize ? `, up to ${formatLimit(this.maxSize)}` : ''}`
  }
}

/** @param kept what a failure leaves as it was */
function taskProgress(task: Task, kept: string): TemplateResult {
  const { file, sent } = task
  if (task.state === 'failed')
    return html`<span class="file-problem">${icon('error')}<span>${task.error}${kept && ` ${kept}`}</span></span>`
  const words =
    task.state === 'waiting'
      ? 'Waiting'
      : task.state === 'finishing'
        ? 'Sent. The server is checking it.'
        : task.state === 'pausing'
          ? `The connection broke, ${task.pace}`
          : `${formatPortion(sent, file.size)}${task.pace ? ` · ${task.pace}` : ''}`
  return html`<progress value=${sent} max=${Math.max(1, file.size)} aria-label="Uploading ${file.name}"></progress><span class="file-facts tabular">${words}</span>`
}

function parseFiles(json: string): FileSummary[] {
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value.map(summaryOf) : []
  } catch {
    return []
  }
}
