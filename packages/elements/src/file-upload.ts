import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { createAlike } from './lib/alike.ts'
import { announce } from './lib/announce.ts'
import { chooseFiles, type Held, takeDrops } from './lib/dragging.ts'
import { HoldallElement } from './lib/element.ts'
import { acceptsType } from './lib/files.ts'
import { folderOf } from './lib/folders.ts'
import { formatCount } from './lib/format.ts'
import { keepFocus } from './lib/keep-focus.ts'
import { createDoor, sourceQuestion } from './lib/kept-out.ts'
import { createLimits } from './lib/limit.ts'
import { takePastes } from './lib/receiving.ts'
import { isPending, type Task } from './lib/task.ts'
import { fileTransfers } from './lib/transfers.ts'
import { createUnfinished, type LeftOpen, sentKey } from './lib/unfinished.ts'
import { CONCURRENCY, createUploads, keptOutOf } from './lib/uploads.ts'
import { percentOf, tooLateWords } from './lib/words.ts'
import { cancelledLines } from './queue/cancelled.ts'
import { emptyQueue, type Invitation, moreFiles } from './queue/drop-area.ts'
import { queueHead } from './queue/head.ts'
import { keptOutNotice } from './queue/kept-out.ts'
import { createLeaving } from './queue/leaving.ts'
import { queueLine } from './queue/line.ts'
import { createRemoving } from './queue/removing.ts'
import { type Summary, summarise } from './queue/summary.ts'
import { createTakingUp } from './queue/taking-up.ts'
import { type TwinActions, twinsLine } from './queue/twins.ts'

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
    deletes: { type: Boolean },
    once: { type: Boolean },
    _held: { state: true },
    _problem: { state: true },
    _folded: { state: true },
  }
  declare label: string | null
  declare note: string | null
  /** Files that are sent together. */
  declare concurrency: number
  /** Whether whole folders are asked for, and can be chosen; dropped they are taken anyway. */
  declare folders: boolean
  /** Whether who sends a file here may delete it. */
  declare deletes: boolean
  /** What was not finished is not shown: the files are wanted for something that happens now. */
  declare once: boolean
  declare _held: Held
  /** What was dropped last and is not taken. */
  declare _problem: string | null
  /** Only the bar over all is shown. */
  declare _folded: boolean

  #stop: (() => void) | undefined
  #refocus: (() => void) | undefined
  readonly #transfers = fileTransfers(() => ({ baseUrl: this.base, source: this.source ?? '' }))
  readonly #unfinished = createUnfinished(this.#transfers, () => this.requestUpdate())
  readonly #takingUp = createTakingUp(this.#unfinished, {
    add: (file) => this.add([file]),
    changed: () => this.requestUpdate(),
    asks: true,
  })
  readonly #door = createDoor({
    address: () => sourceQuestion((path) => this.address(path), this.source),
    changed: () => this.requestUpdate(),
    opened: () => {
      for (const task of keptOutOf(this.#uploads.tasks)) task.retry()
    },
  })
  readonly #alike = createAlike({
    address: (path) => this.address(path),
    source: () => this.source,
    longFrom: this.#transfers.wholeUpTo,
    changed: () => this.requestUpdate(),
  })
  readonly #uploads = createUploads({
    transfers: this.#transfers,
    rules: () => ({ name: this.label, accept: this.accept, maxSize: this.maxSize }),
    changed: () => this.requestUpdate(),
    stored: (task, file) => {
      this.#unfinished.finished(task.file)
      this.#tell('file-uploaded', { file })
    },
    late: ({ file }) => announce(tooLateWords(file)),
    failed: (task) => {
      if (task.keptOut) this.#door.ask()
      this.#tell('upload-error', { file: task.file, error: task.error })
    },
    settled: (tasks) => {
      this.#ask()
      this.#tell('all-complete', {
        uploaded: tasks.filter((task) => task.state === 'done').length,
        failed: tasks.filter((task) => task.state === 'failed').length,
      })
    },
    begun: (file) => this.#unfinished.of(file)?.received ?? null,
    note: (file) => this.#unfinished.noteOn(file),
    limits: createLimits(() => this.concurrency),
  })
  readonly #leaving = createLeaving(this.#uploads, () => this.#ask())
  readonly #removing = createRemoving(this.#uploads, {
    address: (path) => this.address(path),
    changed: () => this.requestUpdate(),
  })

  constructor() {
    super()
    this.label = null
    this.note = null
    this.concurrency = CONCURRENCY
    this.folders = false
    this.deletes = false
    this.once = false
    this._held = null
    this._problem = null
    this._folded = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    for (const child of [...this.children]) child.remove()
    const stopDrops = takeDrops(this, {
      enabled: () => true,
      folders: true,
      // What a folder holds is not known before it is let go.
      takes: (type) => type === '' || acceptsType(this.accept, type),
      held: (what) => {
        this._held = what
      },
      dropped: (files) => this.add(files),
      said: (words) => {
        this._problem = words
      },
      answersAll: true,
    })
    const stopPastes = takePastes((files) => this.add(files))
    const stop = new AbortController()
    document.addEventListener('visibilitychange', () => document.hidden || this.#ask(), { signal: stop.signal })
    this.#stop = () => {
      stopDrops()
      stopPastes()
      stop.abort()
    }
    this.#ask()
    this.#door.ask()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
    this.#door.leave()
  }

  /** Puts files into the queue. One of the name and size of an upload that was not finished goes on with it. */
  add(files: Iterable<File>): void {
    this.#takingUp.moveOn()
    this._problem = null
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

  /** What is kept of failed uploads is not thrown away by tidying up. */
  #clear(): void {
    this.#leaving.forget()
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
    const { cancelled } = this.#leaving
    const keptOut = keptOutNotice(this.#door, this.#transfers.wholeUpTo)
    if (tasks.length + cancelled.length === 0)
      // Below the place to drop, so that nothing moves when the server has answered.
      return html`${keptOut}${emptyQueue(this.#invitation())}${this.#takingUp.apart(open)}`
    const summary = summarise(tasks)
    return html`${keptOut}<section class="panel upload-queue ${tasks.length > summary.lines.length ? 'long' : ''}" aria-label="Uploads">
      ${queueHead({
        uploads: this.#uploads,
        summary,
        cancelled,
        folded: this._folded,
        pause: () => this.#pauseAll(),
        resume: () => this.#resumeAll(),
        retry: () => this.#retryAll(),
        cancel: () => this.#leaving.cancelAll(),
        clear: () => this.#clear(),
        fold: () => {
          this._folded = !this._folded
        },
      })}
      ${this._folded ? nothing : this.#body(tasks, summary, open, cancelled)}
    </section>`
  }

  /** What the queue has taken up is not shown twice. */
  #leftOpen(tasks: readonly Task[]): readonly LeftOpen[] {
    const { list } = this.#unfinished
    if (list.length === 0) return list
    const taken = new Set(tasks.filter(({ state }) => state !== 'done').map(({ file }) => sentKey(file)))
    return list.filter(({ key }) => !taken.has(key) && !this.#leaving.has(key))
  }

  #body(
    tasks: readonly Task[],
    { lines }: Summary,
    open: readonly LeftOpen[],
    cancelled: readonly Task[],
  ): TemplateResult {
    return html`${open.length === 0 ? nothing : this.#takingUp.lines(open)}
      ${tasks.some(({ file }) => folderOf(file) !== null) ? html`<p class="rest-of-queue">Files are kept without their folders.</p>` : nothing}
      <ul aria-label="Files">${repeat(
        lines,
        (task) => task.key,
        (task) =>
          queueLine(task, {
            pause: (one) => this.#pause(one),
            resume: (one) => this.#resume(one),
            leave: (one) => this.#leaving.leave([one]),
            problem: (one) => this.#removing.problemOf(one),
            ...this.#twinActions(),
          }),
      )}</ul>
      ${tasks.length > lines.length ? html`<p class="rest-of-queue">and ${formatCount(tasks.length - lines.length, 'more', 'more')}</p>` : nothing}
      ${twinsLine(this.#doubled(tasks), this.#twinActions())}
      ${cancelled.length === 0 ? nothing : cancelledLines(cancelled, () => this.#leaving.sendAgain())}
      ${moreFiles(this.#invitation())}`
  }

  /** On their way, and in the source already. */
  #doubled(tasks: readonly Task[]): Task[] {
    return tasks.filter((task) => isPending(task) && this.#alike.isHere(this.#alike.of(task.file)))
  }

  #twinActions(): TwinActions {
    const alike = this.#alike
    return {
      twin: ({ file, stored }) => alike.of(file, stored),
      isHere: alike.isHere,
      words: alike.words,
      skip: (tasks) => this.#leaving.leave(tasks, 'skipped'),
      keepBoth: (tasks) => alike.keepBoth(tasks.map(({ file }) => file)),
      remove: this.deletes ? (task) => this.#removing.remove(task) : null,
    }
  }

  #invitation(): Invitation {
    return {
      held: this._held,
      accept: this.accept,
      note: this.note,
      problem: this._problem,
      choose: () => this.#choose(),
      chooseFolder: this.folders ? () => this.#chooseFolder() : null,
    }
  }
}
