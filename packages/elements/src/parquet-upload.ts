import type { DatasetStatus, DatasetTarget, RegisteredDataset } from '@holdall/client'
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { announce } from './lib/announce.ts'
import { chooseFiles, type Held, takeDrops } from './lib/dragging.ts'
import { HoldallElement } from './lib/element.ts'
import { ENDING, endingOf } from './lib/ending.ts'
import { formatCount } from './lib/format.ts'
import { keepFocus } from './lib/keep-focus.ts'
import { createDoor, pagesQuery } from './lib/kept-out.ts'
import { createLimit } from './lib/limit.ts'
import type { Task } from './lib/task.ts'
import { toast } from './lib/toast.ts'
import { chooseSame, createUnfinished, type LeftOpen, sentKey } from './lib/unfinished.ts'
import { createUploads } from './lib/uploads.ts'
import { percentOf } from './lib/words.ts'
import { cardOf, failedOnes } from './parquet/card.ts'
import { createCards, keyOf } from './parquet/cards.ts'
import { createFollowing, type Followed } from './parquet/following.ts'
import type { CardActions } from './parquet/foot.ts'
import { CHOOSABLE, whyNot } from './parquet/magic.ts'
import { type NamesakeActions, namesakeCard } from './parquet/namesake-card.ts'
import { createNamesakes, joining, type Namesake, stemOf } from './parquet/namesakes.ts'
import { parquetTransfers } from './parquet/transfers.ts'
import type { Card } from './parquet/view.ts'
import { emptyQueue, type Invitation, moreFiles } from './queue/drop-area.ts'
import { keptOutNotice } from './queue/kept-out.ts'
import { leftOpenLines } from './queue/left-open.ts'

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
    _wrong: { state: true },
    _trouble: { state: true },
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
  declare _wrong: { readonly key: string; readonly text: string } | null
  declare _trouble: { readonly key: string; readonly text: string } | null

  #stop: (() => void) | undefined
  #clock: ReturnType<typeof setInterval> | undefined
  #refocus: (() => void) | undefined
  /** What a look into a file has said against it. */
  readonly #against = new WeakMap<File, string>()
  /** What is being given up, and is nothing to go on with. */
  readonly #leaving = new Set<string>()
  readonly #transfers = parquetTransfers(() => this.#target, {
    changed: () => this.requestUpdate(),
    waits: (status) => this.#waits(status),
  })
  readonly #unfinished = createUnfinished(this.#transfers, () => this.requestUpdate())
  readonly #door = createDoor(
    () => {
      const place = [this.organization, this.collection]
      if (place.includes('')) return null
      return this.address(`public/uploads/${place.map(encodeURIComponent).join('/')}/multipart${pagesQuery()}`)
    },
    () => this.requestUpdate(),
  )
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
    limit: createLimit(() => TOGETHER),
  })

  readonly #actions: CardActions = {
    pause: (one) => this.#pause(one),
    resume: (one) => this.#resume(one),
    retry: (one) => this.#retry(one),
    leave: (one) => this.#leave(one),
    choose: (one) => this.#chooseSame(one),
    sheet: (one, sheet) => this.#sheet(one, sheet),
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
    this._wrong = null
    this._trouble = null
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
    clearInterval(this.#clock)
    this.#clock = undefined
  }

  /** Sends files. One of the name and size of an upload that was not finished goes on with it. */
  async add(files: Iterable<File>): Promise<void> {
    this._wrong = null
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
    this.#tell('upload-error', { file: task.file, error: task.error })
    const session = this.#transfers.status(task.file)
    if (session?.status === 'failed') {
      queueMicrotask(() => this.#handOver(task))
      this.#told(session)
    }
    if (session?.status === 'aborted') {
      queueMicrotask(() => this.#uploads.setAside(task))
      toast(`${task.file.name} was cancelled elsewhere`)
    }
  }

  /** From now on it is followed like one that another page has sent. */
  #handOver(task: Task<RegisteredDataset>): Followed | null {
    const session = this.#transfers.status(task.file)
    if (session === null) return null
    this.#uploads.setAside(task)
    this.#transfers.letGo(task.file)
    return this.#following.take(session, keyOf(task))
  }

  #choose(): void {
    chooseFiles({ accept: CHOOSABLE, multiple: true }, (files) => this.add(files))
  }

  #chooseSame(one: { readonly key: string; readonly name: string; readonly size: number }): void {
    chooseSame(one, {
      take: (file) => this.add([file]),
      wrong: (text) => {
        this._wrong = { key: one.key, text }
      },
    })
  }

  #discard(one: LeftOpen): void {
    const aside = this.#unfinished.setAside(one)
    toast(`${one.name} ${ENDING.discard.done}`, aside.bringBack, aside.discard)
  }

  #taskOf({ key }: Card): Task<RegisteredDataset> | undefined {
    return this.#uploads.tasks.find((task) => keyOf(task) === key)
  }

  #followedOf({ key }: Card): Followed | undefined {
    return this.#following.list.find((one) => one.key === key)
  }

  #pause(card: Card): void {
    const task = this.#taskOf(card)
    task?.pause()
    if (task?.state === 'paused') announce(`${card.name} paused at ${percentOf(task.kept, task.size)}%`)
  }

  #resume(card: Card): void {
    announce(`${card.name} goes on`)
    this.#taskOf(card)?.resume()
  }

  #retry(card: Card): void {
    this.#taskOf(card)?.retry()
    const followed = this.#followedOf(card)
    if (followed) this.#following.retry(followed)
  }

  async #leave(card: Card): Promise<void> {
    const task = this.#taskOf(card)
    if (task !== undefined && task.state !== 'making') return this.#leaveTask(task)
    const followed = task === undefined ? this.#followedOf(card) : this.#handOver(task)
    const ran = followed?.session.status !== 'failed'
    const kept = followed?.session.retryable ?? false
    if (followed && (await this.#following.cancel(followed))) {
      toast(`${card.name} ${(ran ? ENDING.cancel : kept ? ENDING.discard : ENDING.clear).done}`)
      this.#ask()
    }
  }

  /** What a press by mistake would cost can be had back for a moment. */
  #leaveTask(task: Task<RegisteredDataset>): void {
    const key = sentKey(task.file)
    const { kept } = task
    const { done } = endingOf(task)
    this.#leaving.add(key)
    const aside = this.#uploads.setAside(task)
    const discard = async () => {
      await aside.discard()
      this.#leaving.delete(key)
      this.#ask()
    }
    const undo = () => {
      this.#leaving.delete(key)
      aside.bringBack()
    }
    if (kept > 0) toast(`${task.file.name} ${done}`, undo, discard)
    else discard()
  }

  async #sheet(card: Card, sheet: string): Promise<void> {
    this._trouble = null
    const followed = this.#followedOf(card)
    if (followed?.session.status === 'failed') return this.#following.retry(followed, sheet)
    if (card.session === null) return
    try {
      await this.#following.readSheet(card.session, sheet)
      announce(`Reading the sheet ${sheet}`)
    } catch (error) {
      const text = error instanceof Error ? error.message : 'The server does not answer. Try again in a moment.'
      this._trouble = { key: card.key, text }
    }
  }

  /** What it becomes part of: here, that is a dataset of its own name. */
  #labelFor({ session, name }: Card, label: string): string {
    return this.into !== null || (session?.mode ?? 'create') === 'create' ? label : stemOf(name)
  }

  #withTrouble(card: Card): Card {
    return this._trouble?.key === card.key ? { ...card, trouble: this._trouble.text } : card
  }

  #removeAll(failed: readonly Card[]): void {
    const ones = failed.flatMap((card) => this.#followedOf(card) ?? [])
    const aside = this.#following.setAside(ones)
    toast(`${formatCount(ones.length, 'failed upload')} ${ENDING.discard.done}`, aside.bringBack, aside.discard)
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
    const open = this.#unfinished.list.filter(({ key }) => !taken.has(key) && !this.#leaving.has(key))
    const named = this.#namesakes.list
    const keptOut = keptOutNotice(this.#door.keptOut, this.#transfers.wholeUpTo, () => this.#door.ask())
    return html`${keptOut}${this.#invite(cards.length + named.length === 0)}${open.length === 0 ? nothing : this.#apart(open)}${
      others.length + named.length === 0
        ? nothing
        : html`<div class="upload-cards">${repeat(
            named,
            ({ key }) => key,
            (one) => namesakeCard(one, this.#asking),
          )}${repeat(
            others,
            ({ key }) => key,
            (card) => cardOf(this.#withTrouble(card), this.#labelFor(card, label), this.#actions),
          )}</div>`
    }${failed.length === 0 ? nothing : failedOnes(failed, label, { ...this.#actions, removeAll: () => this.#removeAll(failed) })}`
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

  /** Below the place to drop, which does not move when the server has answered, and above what runs or has failed. */
  #apart(open: readonly LeftOpen[]): TemplateResult {
    return html`<section class="panel upload-queue apart" aria-label="Not finished"><div class="panel-head"><h2 class="grow">Not finished</h2></div>${leftOpenLines(
      open,
      {
        wrong: this._wrong,
        choose: (one) => this.#chooseSame(one),
        discard: (one) => this.#discard(one),
      },
    )}</section>`
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
