import type { DatasetStatus, DatasetTarget, RegisteredDataset } from '@holdall/client'
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { announce } from './lib/announce.ts'
import { chooseFiles, type Held, takeDrops } from './lib/dragging.ts'
import { HoldallElement } from './lib/element.ts'
import { keepFocus } from './lib/keep-focus.ts'
import { createDoor, pagesQuery } from './lib/kept-out.ts'
import { createLimits } from './lib/limit.ts'
import type { Task } from './lib/task.ts'
import { toast } from './lib/toast.ts'
import { createUnfinished } from './lib/unfinished.ts'
import { createUploads, keptOutOf } from './lib/uploads.ts'
import { createActing } from './parquet/acting.ts'
import { cardOf, failedOnes } from './parquet/card.ts'
import { createCards } from './parquet/cards.ts'
import { createFollowing } from './parquet/following.ts'
import type { CardActions } from './parquet/foot.ts'
import { CHOOSABLE, whyNot } from './parquet/magic.ts'
import { type NamesakeActions, namesakeCard } from './parquet/namesake-card.ts'
import { createNamesakes, joining, type Namesake, stemOf } from './parquet/namesakes.ts'
import { parquetTransfers } from './parquet/transfers.ts'
import type { Card } from './parquet/view.ts'
import { emptyQueue, type Invitation, moreFiles } from './queue/drop-area.ts'
import { keptOutNotice } from './queue/kept-out.ts'
import { createTakingUp } from './queue/taking-up.ts'

/** Files that are sent together: each goes in several parts at once already. */
const TOGETHER = 2
const TICK = 1000

/**
 * A place where Parquet files enter a collection and become datasets: drop or choose them. Each has a card with what is
 * done with it, from sending to registering. Once all of a file is sent, the server goes on whether the page stays or
 * not; whoever comes back is shown what runs, what failed lately, and what was not sent to its end. What stands inside
 * it is shown until the script runs.
 *
 * @fires dataset-registered - `detail.dataset`: the last status of its upload
 * @fires upload-waits - `detail.upload`: its columns differ from those of the dataset, or it failed to become part of it;
 * the page says so, and what can be done
 * @fires upload-error - `detail.file`, `detail.error`
 */
export class ParquetUpload extends HoldallElement {
  static override properties = {
    ...HoldallElement.properties,
    organization: {},
    collection: {},
    label: {},
    note: {},
    into: {},
    mode: {},
    _held: { state: true },
    _problem: { state: true },
  }
  /** A UUID. */
  declare organization: string
  /** Its id. */
  declare collection: string
  /** What the collection is called. */
  declare label: string | null
  declare note: string | null
  /** The id of a dataset that the files become part of; without it, each becomes one. */
  declare into: string | null
  /** What becomes of the rows that are there. */
  declare mode: 'append' | 'replace' | null
  declare _held: Held
  /** What was dropped last and is not taken. */
  declare _problem: string | null

  #stop: (() => void) | undefined
  #clock: ReturnType<typeof setInterval> | undefined
  #refocus: (() => void) | undefined
  /** What a look into a file has said against it. */
  readonly #against = new WeakMap<File, string>()
  readonly #transfers = parquetTransfers(() => this.#target, {
    changed: () => this.requestUpdate(),
    waits: (status) => this.#waits(status),
  })
  readonly #unfinished = createUnfinished(this.#transfers, () => this.requestUpdate())
  readonly #takingUp = createTakingUp(this.#unfinished, {
    add: (file) => this.add([file]),
    changed: () => this.requestUpdate(),
    asks: false,
  })
  readonly #door = createDoor({
    address: () => {
      const place = [this.organization, this.collection]
      if (place.includes('')) return null
      return this.address(`public/uploads/${place.map(encodeURIComponent).join('/')}/multipart${pagesQuery()}`)
    },
    changed: () => this.requestUpdate(),
    opened: () => {
      for (const task of keptOutOf(this.#uploads.tasks)) task.retry()
    },
  })
  readonly #following = createFollowing({
    target: () => this.#target,
    changed: () => this.requestUpdate(),
    registered: (dataset) => this.#registered(dataset),
    waits: (status) => this.#waits(status),
    failed: (status) => this.#told(status),
  })
  readonly #uploads = createUploads<RegisteredDataset>({
    transfers: this.#transfers,
    rules: (file) => ({ name: this.label, maxSize: this.maxSize, against: this.#against.get(file) ?? null }),
    changed: () => this.requestUpdate(),
    stored: (task, dataset) => {
      this.#unfinished.finished(task.file)
      this.#registered(dataset)
    },
    failed: (task) => this.#failed(task),
    settled: () => this.#ask(),
    begun: (file) => this.#unfinished.of(file)?.received ?? null,
    note: (file) => this.#unfinished.noteOn(file),
    limits: createLimits(() => TOGETHER),
  })

  readonly #acting = createActing({
    uploads: this.#uploads,
    following: this.#following,
    transfers: this.#transfers,
    changed: () => this.requestUpdate(),
    left: () => this.#ask(),
  })
  readonly #actions: CardActions = {
    ...this.#acting,
    choose: (one) => this.#takingUp.choose(one),
    another: () => this.#choose(),
  }

  readonly #namesakes = createNamesakes(
    () => this.#target,
    () => this.requestUpdate(),
  )
  readonly #asking: NamesakeActions = {
    join: (one, mode) => {
      this.#transfers.join(one.file, joining(one, mode))
      this.#send(one)
    },
    keep: (one) => this.#send(one),
    leave: (one) => this.#namesakes.settle(one),
  }

  readonly #cards = createCards({
    status: (file) => this.#transfers.status(file),
    silentSince: (file) => this.#transfers.silentSince(file),
    hrefOf: (session) => this.#hrefOf(session),
    reviewHrefOf: (session) =>
      this.into === null
        ? `${this.#hrefOf(session)}/-/${session.mode === 'replace' ? 'replace' : 'add'}#waiting`
        : '#waiting',
  })

  constructor() {
    super()
    this.organization = ''
    this.collection = ''
    this.label = null
    this.note = null
    this.into = null
    this.mode = null
    this._held = null
    this._problem = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    for (const child of [...this.children]) child.remove()
    const stopDrops = takeDrops(this, {
      enabled: () => true,
      folders: true,
      // No browser knows the type of a Parquet file.
      takes: () => true,
      held: (what) => {
        this._held = what
      },
      dropped: (files) => this.add(files),
      said: (words) => {
        this._problem = words
      },
      answersAll: true,
    })
    const stop = new AbortController()
    document.addEventListener('visibilitychange', () => document.hidden || this.#ask(), { signal: stop.signal })
    this.#stop = () => {
      stopDrops()
      stop.abort()
    }
    this.#ask()
    this.#door.ask()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
    this.#door.leave()
    clearInterval(this.#clock)
    this.#clock = undefined
  }

  /** Sends files. One of the name and size of an upload that was not finished goes on with it. */
  async add(files: Iterable<File>): Promise<void> {
    this.#takingUp.moveOn()
    this._problem = null
    const chosen = [...files]
    await Promise.all(
      chosen.map(async (file) => {
        const against = await whyNot(file)
        if (against !== null) this.#against.set(file, against)
      }),
    )
    if (this.into !== null) this.#transfers.begin(chosen.filter((file) => !this.#against.has(file)))
    this.#uploads.add(this.into === null ? await this.#withoutNamesakes(chosen) : chosen)
  }

  /** What was begun goes on as it was. */
  async #withoutNamesakes(chosen: readonly File[]): Promise<File[]> {
    const fresh = chosen.filter((file) => !this.#against.has(file) && this.#unfinished.of(file) === undefined)
    const free = await this.#namesakes.sift(fresh)
    return chosen.filter((file) => free.includes(file) || !fresh.includes(file))
  }

  #send(one: Namesake): void {
    this.#namesakes.settle(one)
    this.#uploads.add([one.file])
  }

  get #target(): DatasetTarget {
    const { base: baseUrl, organization, collection, into: dataset, mode } = this
    return {
      ...{ baseUrl, organization, collection },
      ...(dataset !== null && { into: { dataset, mode: mode ?? 'append' } }),
    }
  }

  #ask(): void {
    if (this.organization === '' || this.collection === '') return
    this.#unfinished.ask()
    this.#following.ask()
  }

  #tell(type: string, detail: Record<string, unknown>): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }))
  }

  /** The page shows what differs. */
  #waits(upload: DatasetStatus): void {
    announce(`${upload.filename} waits: look at what differs`)
    this.#tell('upload-waits', { upload })
  }

  /** What does not become part of a dataset is told where that is: the page has one place for it. */
  #told(upload: DatasetStatus): void {
    if (this.into !== null) this.#tell('upload-waits', { upload })
  }

  #registered(dataset: RegisteredDataset): void {
    this.#tell('dataset-registered', { dataset })
  }

  /** What the server has said no to is the server's to go on with, whoever sent it. */
  #failed(task: Task<RegisteredDataset>): void {
    if (task.keptOut) this.#door.ask()
    this.#tell('upload-error', { file: task.file, error: task.error })
    const session = this.#transfers.status(task.file)
    if (session?.status === 'failed') {
      queueMicrotask(() => this.#acting.handOver(task))
      this.#told(session)
    }
    if (session?.status === 'aborted') {
      queueMicrotask(() => this.#uploads.setAside(task))
      toast(`${task.file.name} was cancelled elsewhere`)
    }
  }

  #choose(): void {
    chooseFiles({ accept: CHOOSABLE, multiple: true }, (files) => this.add(files))
  }

  /** What it becomes part of: here, that is a dataset of its own name. */
  #labelFor({ session, name }: Card, label: string): string {
    return this.into !== null || (session?.mode ?? 'create') === 'create' ? label : stemOf(name)
  }

  #hrefOf({ dataset_id: id }: DatasetStatus): string {
    const path = [this.organization, this.collection, id].map(encodeURIComponent).join('/')
    return this.address(`-/datasets/${path}`)
  }

  override willUpdate(): void {
    this.#refocus = keepFocus(this)
  }

  override updated(): void {
    this.#refocus?.()
  }

  override render(): TemplateResult {
    const { cards: all, taken } = this.#cards(this.#uploads.tasks, this.#following.list)
    const cards = this.into === null ? all : all.filter(({ session }) => session?.status !== 'failed')
    this.#keepTime(cards)
    const failed = cards.filter(({ old, session, asked }) => old && session?.status === 'failed' && asked === null)
    const others = cards.filter((card) => !failed.includes(card))
    const label = this.label ?? 'the collection'
    const open = this.#unfinished.list.filter(({ key }) => !taken.has(key) && !this.#acting.leaves(key))
    const named = this.#namesakes.list
    const keptOut = keptOutNotice(this.#door, this.#transfers.wholeUpTo)
    return html`${keptOut}${this.#invite(cards.length + named.length === 0)}${this.#takingUp.apart(open)}${
      others.length + named.length === 0
        ? nothing
        : html`<div class="upload-cards">${repeat(
            named,
            ({ key }) => key,
            (one) => namesakeCard(one, this.#asking),
          )}${repeat(
            others,
            ({ key }) => key,
            (card) => cardOf(this.#acting.withTrouble(card), this.#labelFor(card, label), this.#actions),
          )}</div>`
    }${failed.length === 0 ? nothing : failedOnes(failed, label, { ...this.#actions, removeAll: () => this.#acting.removeAll(failed) })}`
  }

  #invite(isAlone: boolean): TemplateResult {
    const invitation: Invitation = {
      held: this._held,
      accept: CHOOSABLE,
      note: this.note,
      problem: this._problem,
      files: 'Parquet, CSV, JSON or Excel files',
      choose: () => this.#choose(),
      chooseFolder: null,
    }
    return isAlone ? emptyQueue(invitation) : html`<div class="panel">${moreFiles(invitation)}</div>`
  }

  /** The times of steps that run are shown as they grow. */
  #keepTime(cards: readonly Card[]): void {
    const runs = cards.some(({ session }) => session?.status === 'completing')
    if (runs) this.#clock ??= setInterval(() => this.requestUpdate(), TICK)
    else {
      clearInterval(this.#clock)
      this.#clock = undefined
    }
  }
}
