import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { createAlike } from './lib/alike.ts'
import { announce } from './lib/announce.ts'
import { chooseFiles, filesOf, type Held, takeDrops } from './lib/dragging.ts'
import { HoldallElement } from './lib/element.ts'
import { acceptsType } from './lib/files.ts'
import { formatCount } from './lib/format.ts'
import { keepFocus } from './lib/keep-focus.ts'
import { createLimit } from './lib/limit.ts'
import { isPending, type Task } from './lib/task.ts'
import { toast } from './lib/toast.ts'
import { fileTransfers } from './lib/transfers.ts'
import { chooseSame, createUnfinished, type LeftOpen, sentKey } from './lib/unfinished.ts'
import { CONCURRENCY, createUploads } from './lib/uploads.ts'
import { percentOf } from './lib/words.ts'
import { emptyQueue, type Invitation, moreFiles } from './queue/drop-area.ts'
import { queueHead } from './queue/head.ts'
import { leftOpenLines } from './queue/left-open.ts'
import { queueLine } from './queue/line.ts'
import { type Summary, summarise } from './queue/summary.ts'

/**
 * A place where files enter a source: drop, choose or paste. Large files can be paused, and what was sent of them is
 * kept: whoever comes back, on any day and computer, is shown what was not finished and goes on with the same file. What
 * stands inside it is shown until the script runs.
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
    once: { type: Boolean },
    _held: { state: true },
    _folded: { state: true },
    _wrong: { state: true },
  }
  declare label: string | null
  declare note: string | null
  /** Files that are sent together. */
  declare concurrency: number
  /** Whether whole folders can be chosen and dropped. */
  declare folders: boolean
  /** What was not finished is not shown: the files are wanted for something that happens now. */
  declare once: boolean
  declare _held: Held
  /** Only the bar over all is shown. */
  declare _folded: boolean
  declare _wrong: { readonly key: string; readonly text: string } | null

  #stop: (() => void) | undefined
  #refocus: (() => void) | undefined
  /** What is being given up, and is nothing to go on with. */
  readonly #leaving = new Set<string>()
  readonly #transfers = fileTransfers(() => ({ baseUrl: this.base, source: this.source ?? '' }))
  readonly #unfinished = createUnfinished(this.#transfers, () => this.requestUpdate())
  readonly #alike = createAlike(
    (path) => this.address(path),
    this.#transfers.wholeUpTo,
    () => this.requestUpdate(),
  )
  readonly #uploads = createUploads({
    transfers: this.#transfers,
    rules: () => ({ name: this.label, accept: this.accept, maxSize: this.maxSize }),
    changed: () => this.requestUpdate(),
    stored: (task, file) => {
      this.#unfinished.finished(task.file)
      this.#tell('file-uploaded', { file })
    },
    failed: (task) => this.#tell('upload-error', { file: task.file, error: task.error }),
    settled: (tasks) => {
      this.#ask()
      this.#tell('all-complete', {
        uploaded: tasks.filter((task) => task.state === 'done').length,
        failed: tasks.filter((task) => task.state === 'failed').length,
      })
    },
    begun: (file) => this.#unfinished.of(file)?.received ?? null,
    note: (file) => this.#unfinished.noteOn(file),
    limit: createLimit(() => this.concurrency),
  })

  constructor() {
    super()
    this.label = null
    this.note = null
    this.concurrency = CONCURRENCY
    this.folders = false
    this.once = false
    this._held = null
    this._folded = false
    this._wrong = null
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
    const stop = new AbortController()
    const { signal } = stop
    const paste = (event: ClipboardEvent): void => {
      const target = event.target as HTMLElement
      if (target.closest?.('input, textarea, file-column-input, file-cell, dialog')) return
      // A page of somebody else has editors, which take pictures themselves.
      if (target.isContentEditable || event.defaultPrevented) return
      const files = filesOf(event.clipboardData)
      if (files.length === 0) return
      event.preventDefault()
      this.add(files)
    }
    document.addEventListener('paste', paste, { signal })
    document.addEventListener('visibilitychange', () => document.hidden || this.#ask(), { signal })
    this.#stop = () => {
      stopDrops()
      stop.abort()
    }
    this.#ask()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
  }

  /** Puts files into the queue. One of the name and size of an upload that was not finished goes on with it. */
  add(files: Iterable<File>): void {
    this._wrong = null
    const added = this.#uploads.add(files)
    this.#alike.ask(added.filter(({ refused }) => !refused).map(({ file }) => file))
  }

  /** Ends every upload that is under way, and leaves nothing of them behind. */
  cancel(): void {
    this.#uploads.setAside(...this.#uploads.tasks.filter(isPending)).discard()
  }

  #tell(type: string, detail: Record<string, unknown>): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }))
  }

  #ask(): void {
    if (!this.once && this.source !== null) this.#unfinished.ask()
  }

  #choose(): void {
    chooseFiles({ accept: this.accept, multiple: true }, (files) => this.add(files))
  }

  #chooseFolder(): void {
    chooseFiles({ accept: null, multiple: true, folder: true }, (files) => this.add(files))
  }

  #chooseSame(one: LeftOpen): void {
    chooseSame(one, {
      take: (file) => this.add([file]),
      wrong: (text) => {
        this._wrong = { key: one.key, text }
      },
    })
  }

  #discard(one: LeftOpen): void {
    const aside = this.#unfinished.setAside(one)
    toast(`${one.name} discarded`, aside.bringBack, aside.discard)
  }

  #pause(task: Task): void {
    task.pause()
    if (task.state === 'paused') announce(`${task.file.name} paused at ${percentOf(task.kept, task.size)}%`)
  }

  #resume(task: Task): void {
    announce(`${task.file.name} goes on`)
    task.resume()
  }

  #pauseAll(): void {
    for (const task of this.#uploads.tasks) task.pause()
    announce('Uploads paused')
  }

  #resumeAll(): void {
    for (const task of this.#uploads.tasks) task.resume()
    announce('Uploads go on')
  }

  #retryAll(): void {
    for (const task of this.#uploads.tasks) if (task.state === 'failed' && !task.refused) task.retry()
  }

  #cancelAll(): void {
    this.#leave(this.#uploads.tasks.filter(isPending))
  }

  /** What a press by mistake would cost can be had back for a moment. */
  #leave(tasks: readonly Task[]): void {
    const [first] = tasks
    if (first === undefined) return
    const what = tasks.length === 1 ? first.file.name : formatCount(tasks.length, 'upload')
    const said = `${what} ${isPending(first) ? 'cancelled' : 'discarded'}`
    const keys = tasks.map(({ file }) => sentKey(file))
    for (const key of keys) this.#leaving.add(key)
    const aside = this.#uploads.setAside(...tasks)
    const settle = () => {
      for (const key of keys) this.#leaving.delete(key)
    }
    const discard = async () => {
      await aside.discard()
      settle()
      this.#ask()
    }
    const undo = () => {
      settle()
      aside.bringBack()
    }
    if (tasks.some(({ kept }) => kept > 0)) toast(said, undo, discard)
    else discard()
  }

  /** What is kept of failed uploads is not thrown away by tidying up. */
  #clear(): void {
    this.#uploads.setAside(...this.#uploads.tasks)
    this.#ask()
  }

  override willUpdate(): void {
    this.#refocus = keepFocus(this)
  }

  override updated(): void {
    this.#refocus?.()
  }

  override render(): TemplateResult {
    const { tasks } = this.#uploads
    const open = this.#leftOpen(tasks)
    if (tasks.length === 0) return html`${emptyQueue(this.#invitation())}${this.#apart(open)}`
    const summary = summarise(tasks)
    return html`<section class="panel upload-queue ${tasks.length > summary.lines.length ? 'long' : ''}" aria-label="Uploads">
      ${queueHead({
        uploads: this.#uploads,
        summary,
        folded: this._folded,
        pause: () => this.#pauseAll(),
        resume: () => this.#resumeAll(),
        retry: () => this.#retryAll(),
        cancel: () => this.#cancelAll(),
        clear: () => this.#clear(),
        fold: () => {
          this._folded = !this._folded
        },
      })}
      ${this._folded ? nothing : this.#body(tasks, summary, open)}
    </section>`
  }

  /** What the queue has taken up is not shown twice. */
  #leftOpen(tasks: readonly Task[]): readonly LeftOpen[] {
    const { list } = this.#unfinished
    if (list.length === 0) return list
    const taken = new Set(tasks.filter(({ state }) => state !== 'done').map(({ file }) => sentKey(file)))
    return list.filter(({ key }) => !taken.has(key) && !this.#leaving.has(key))
  }

  #openLines(open: readonly LeftOpen[]): TemplateResult {
    return leftOpenLines(open, {
      wrong: this._wrong,
      choose: (one) => this.#chooseSame(one),
      discard: (one) => this.#discard(one),
    })
  }

  #body(tasks: readonly Task[], { lines }: Summary, open: readonly LeftOpen[]): TemplateResult {
    return html`${open.length === 0 ? nothing : this.#openLines(open)}
      <ul aria-label="Files">${repeat(
        lines,
        (task) => task.key,
        (task) =>
          queueLine(task, {
            pause: (one) => this.#pause(one),
            resume: (one) => this.#resume(one),
            leave: (one) => this.#leave([one]),
            alike: (one) => this.#alike.of(one.file),
          }),
      )}</ul>
      ${tasks.length > lines.length ? html`<p class="rest-of-queue">and ${formatCount(tasks.length - lines.length, 'more', 'more')}</p>` : nothing}
      ${moreFiles(this.#invitation())}`
  }

  /** Below the place to drop, so that nothing moves when the server has answered. */
  #apart(open: readonly LeftOpen[]): TemplateResult | typeof nothing {
    if (open.length === 0) return nothing
    return html`<section class="panel upload-queue apart" aria-label="Not finished"><div class="panel-head"><h2 class="grow">Not finished</h2></div>${this.#openLines(open)}</section>`
  }

  #invitation(): Invitation {
    return {
      held: this._held,
      accept: this.accept,
      note: this.note,
      choose: () => this.#choose(),
      chooseFolder: this.folders ? () => this.#chooseFolder() : null,
    }
  }
}
