import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { chooseFiles, filesOf, type Held, takeDrops } from './lib/dragging.ts'
import { HoldallElement } from './lib/element.ts'
import { acceptList, acceptsType } from './lib/files.ts'
import { formatBytes, formatCount, formatDuration, formatPortion } from './lib/format.ts'
import { createLimit } from './lib/limit.ts'
import { duplicatesOf } from './lib/stored.ts'
import { icon, iconButton, nameParts, taskThumbnail } from './lib/templates.ts'
import { CONCURRENCY, createUploads, isPending, overall, type Task } from './lib/uploads.ts'
import { safeUrl } from './lib/url.ts'

/** Lines that are drawn; the others are counted, so that ten thousand files stay smooth. */
const MOST_LINES = 60

/** Which lines are drawn first when there are too many. */
const ORDER: Record<Task['state'], number> = {
  sending: 0,
  finishing: 0,
  pausing: 0,
  failed: 1,
  waiting: 2,
  done: 3,
  cancelled: 4,
}

/**
 * A place where files enter a source: drop, choose or paste. What stands inside it is shown until the script runs.
 *
 * @fires file-uploaded - `detail.file`: what the server stored
 * @fires upload-error - `detail.file`, `detail.error`
 * @fires all-complete - `detail.uploaded`, `detail.failed`: numbers
 */
export class FileUpload extends HoldallElement {
  static override properties = {
    ...HoldallElement.properties,
    label: {},
    note: {},
    concurrency: { type: Number },
    folders: { type: Boolean },
    _held: { state: true },
  }
  declare label: string | null
  declare note: string | null
  declare concurrency: number
  /** Whether whole folders can be chosen and dropped. */
  declare folders: boolean
  declare _held: Held

  #stop: (() => void) | undefined
  #startedAt = 0
  readonly #uploads = createUploads({
    target: () => ({ baseUrl: this.base, source: this.source ?? '' }),
    rules: () => ({ name: this.label, accept: this.accept, maxSize: this.maxSize }),
    changed: () => this.requestUpdate(),
    stored: (_task, file) => this.#tell('file-uploaded', { file }),
    failed: (task) => this.#tell('upload-error', { file: task.file, error: task.error }),
    settled: (tasks) =>
      this.#tell('all-complete', {
        uploaded: tasks.filter((task) => task.state === 'done').length,
        failed: tasks.filter((task) => task.state === 'failed').length,
      }),
    limit: createLimit(() => this.concurrency),
  })

  constructor() {
    super()
    this.label = null
    this.note = null
    this.concurrency = CONCURRENCY
    this.folders = false
    this._held = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    for (const child of [...this.children]) child.remove()
    const stopDrops = takeDrops(this, {
      enabled: () => true,
      folders: this.folders,
      // What a folder holds is not known before it is let go.
      takes: (type) => (this.folders && type === '') || acceptsType(this.accept, type),
      held: (what) => {
        this._held = what
      },
      dropped: (files) => this.add(files),
    })
    const paste = (event: ClipboardEvent): void => {
      if ((event.target as HTMLElement).closest?.('input, textarea, file-column-input, file-cell, dialog')) return
      const files = filesOf(event.clipboardData)
      if (files.length === 0) return
      event.preventDefault()
      this.add(files)
    }
    document.addEventListener('paste', paste)
    this.#stop = () => {
      stopDrops()
      document.removeEventListener('paste', paste)
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
  }

  /** Puts files into the queue. */
  add(files: Iterable<File>): void {
    if (this.#uploads.pending === 0) this.#startedAt = performance.now()
    this.#uploads.add(files)
  }

  #tell(type: string, detail: Record<string, unknown>): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }))
  }

  #choose(): void {
    chooseFiles({ accept: this.accept, multiple: true }, (files) => this.add(files))
  }

  #chooseFolder(): void {
    chooseFiles({ accept: null, multiple: true, folder: true }, (files) => this.add(files))
  }

  /** Ends every upload that is under way. */
  cancel(): void {
    this.#cancelAll()
  }

  #cancelAll(): void {
    for (const task of this.#uploads.tasks.filter(isPending)) this.#uploads.remove(task)
  }

  #clear(): void {
    for (const task of [...this.#uploads.tasks]) this.#uploads.remove(task)
  }

  override render(): TemplateResult {
    const { tasks } = this.#uploads
    if (tasks.length === 0) {
      return html`<div class="panel"><div class="drop-area alone" ?data-held=${this._held === 'welcome'}>${icon('upload', 'icon huge')}<p>${this.#heldWords() ?? html`<strong>${this.folders ? 'Drop a folder or files here' : 'Drop or paste files here'}</strong>`}${this.note ? html`<br />${this.note}` : nothing}</p>${
        this.folders
          ? html`<div class="actions"><button class="button filled" type="button" @click=${this.#chooseFolder}>${icon('upload')}Choose folder</button><button class="button" type="button" @click=${this.#choose}>Choose files</button></div>`
          : html`<button class="button filled" type="button" @click=${this.#choose}>${icon('upload')}Choose files</button>`
      }</div></div>`
    }
    const shown = [...tasks].sort((a, b) => ORDER[a.state] - ORDER[b.state] || a.key - b.key).slice(0, MOST_LINES)
    return html`<section class="panel upload-queue" aria-label="Uploads">
      <div class="panel-head"><h2 class="grow">Uploads</h2>${
        this.#uploads.pending > 0
          ? html`<button class="button small quiet" type="button" @click=${this.#cancelAll}>${icon('close')}Cancel all</button>`
          : html`<button class="button small quiet" type="button" @click=${this.#clear}>Clear list</button>`
      }</div>
      ${this.#overall(tasks)}
      <ul>${repeat(
        shown,
        (task) => task.key,
        (task) => this.#line(task),
      )}</ul>
      ${tasks.length > shown.length ? html`<p class="rest-of-queue">and ${formatCount(tasks.length - shown.length, 'more', 'more')}</p>` : nothing}
      <div class="drop-area" ?data-held=${this._held === 'welcome'}>${icon('upload')}<span>${this.#heldWords() ?? 'Drop or paste more files here'}</span><button class="button small" type="button" @click=${this.#choose}>Choose files</button></div>
    </section>`
  }

  #heldWords(): string | null {
    if (this._held === 'unwelcome') return `Takes ${acceptList(this.accept) ?? 'other types'}`
    return this._held && 'Drop to upload'
  }

  #overall(tasks: readonly Task[]): TemplateResult {
    const { sent, total } = overall(tasks)
    const done = tasks.filter((task) => task.state === 'done').length
    const failed = tasks.filter((task) => task.state === 'failed').length
    const pending = this.#uploads.pending
    const seconds = (performance.now() - this.#startedAt) / 1000
    const rates = tasks.reduce((sum, task) => sum + (task.state === 'sending' ? (task.rate ?? 0) : 0), 0)
    const left = tasks.filter(isPending).reduce((sum, task) => sum + task.file.size - task.sent, 0)
    const pace =
      pending === 0
        ? `${formatBytes(total)}${seconds >= 1 ? ` in ${formatDuration(seconds)}` : ''}`
        : rates > 0
          ? `${formatBytes(rates)}/s · ${formatDuration(left / rates)} left`
          : formatPortion(sent, total)
    const state = pending > 0 ? nothing : failed > 0 ? 'failed' : 'done'
    return html`<div class="overall"><p><span><b>${done} of ${tasks.length}</b> done${failed > 0 ? `, ${failed} failed` : nothing}</span><span class="muted">${pace}</span></p><progress class=${state} value=${total === 0 ? done : sent} max=${total === 0 ? tasks.length : total} aria-label="All uploads"></progress></div>`
  }

  #line(task: Task): TemplateResult {
    const { file, stored } = task
    const name = stored
      ? html`<a class="file-name" href=${safeUrl(stored.url)} title=${file.name} aria-label=${file.name}>${nameParts(file.name)}</a>`
      : html`<span class="file-name" title=${file.name}>${nameParts(file.name)}</span>`
    return html`<li>${taskThumbnail(task, 36)}<div>${name}${taskState(task)}</div><div class="file-tools">${
      task.state === 'failed' && !task.refused
        ? iconButton({ label: `Retry ${file.name}`, icon: 'retry', press: task.retry })
        : nothing
    }${
      task.state === 'done'
        ? nothing
        : iconButton({
            label: `${isPending(task) ? 'Cancel' : 'Remove'} ${file.name}`,
            icon: 'close',
            press: () => this.#uploads.remove(task),
          })
    }</div></li>`
  }
}

/** The same bytes, where they are already. */
function sameBytes({ stored }: Task): TemplateResult | typeof nothing {
  const [first, ...more] = stored === null ? [] : duplicatesOf(stored)
  if (first === undefined) return nothing
  const others = more.length > 0 ? ` and ${formatCount(more.length, 'other')}` : ''
  return html`<span class="file-facts">The same file is already here: <a href=${safeUrl(first.url)}>${first.filename}</a>${others}</span>`
}

/** The bar and the line of facts of one upload. */
function taskState(task: Task): TemplateResult {
  const { file, sent } = task
  const bar = html`<progress value=${sent} max=${Math.max(1, file.size)} aria-label=${file.name}></progress>`
  const percent = file.size === 0 ? 100 : Math.floor((sent / file.size) * 100)
  switch (task.state) {
    case 'waiting':
      return html`<span class="file-facts">${icon('clock')}Waiting · ${formatBytes(file.size)}</span>`
    case 'sending':
      return html`${bar}<span class="file-facts">${percent}%${task.pace ? ` · ${task.pace}` : ` · ${formatPortion(sent, file.size)}`}</span>`
    case 'finishing':
      return html`${bar}<span class="file-facts">Sent. The server is checking it.</span>`
    case 'pausing':
      return html`${bar}<span class="file-facts">${icon('clock')}The connection broke, ${task.pace}</span>`
    case 'done':
      return html`<span class="file-facts done">${icon('check')}Done · ${formatBytes(file.size)}</span>${sameBytes(task)}`
    case 'failed':
      return html`<span class="file-facts file-problem">${icon('error')}Failed${percent > 0 && percent < 100 ? ` at ${percent}%` : ''} · ${formatBytes(file.size)}</span><p class="why">${task.error}</p>`
    case 'cancelled':
      return html`<span class="file-facts">Cancelled</span>`
  }
}
