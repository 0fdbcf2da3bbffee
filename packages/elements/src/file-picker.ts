import { requestJson } from '@holdall/client'
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { HoldallElement } from './lib/element.ts'
import { acceptedTypes, accepts, acceptWords, type FileSummary, fileFacts, typeLabel } from './lib/files.ts'
import { formatCount } from './lib/format.ts'
import { summaryOf } from './lib/stored.ts'
import { icon, nameParts, stateLine } from './lib/templates.ts'
import { safeUrl } from './lib/url.ts'
import { askForUses } from './lib/uses.ts'

const PAGE_SIZE = 24
/** Milliseconds after the last key before the list is asked for. */
const TYPING_PAUSE = 250
const SPINNER_AFTER = 300

let ids = 0

/**
 * A dialog over the files of all sources that one may browse: search, a source, what is accepted, page after page. It
 * begins with its own source.
 *
 * @example
 * const picker = document.createElement('file-picker')
 * Object.assign(picker, { base: '/', source: 'photos', multiple: true })
 * document.body.append(picker)
 * const files = await picker.open() // null when nothing was picked
 *
 * @fires files-picked - `detail.files`
 */
export class FilePicker extends HoldallElement {
  static override properties = {
    ...HoldallElement.properties,
    multiple: { type: Boolean },
    /** What is picked: "photos" */
    label: {},
    _files: { state: true },
    _next: { state: true },
    _error: { state: true },
    _slow: { state: true },
    _nothing: { state: true },
    _sources: { state: true },
    _total: { state: true },
    _uses: { state: true },
  }
  declare multiple: boolean
  declare label: string | null
  declare _files: FileSummary[] | null
  declare _next: string | null
  declare _error: string | null
  declare _slow: boolean
  /** Attaching was asked for with nothing chosen. */
  declare _nothing: boolean
  declare _sources: readonly { readonly slug: string; readonly label: string }[]
  /** How many are found, in words. */
  declare _total: string
  /** By file: which rows hold it already, in words. */
  declare _uses: ReadonlyMap<string, string>

  #chosen = new Map<string, FileSummary>()
  #query = ''
  /** The source that is looked in; all where it is empty. */
  #where = ''
  #asking: AbortController | null = null
  #typing: ReturnType<typeof setTimeout> | undefined
  #settle: ((files: FileSummary[] | null) => void) | null = null
  readonly #id = `file-picker-${++ids}`

  constructor() {
    super()
    this.multiple = false
    this.label = null
    this._files = null
    this._next = null
    this._error = null
    this._slow = false
    this._nothing = false
    this._sources = []
    this._total = ''
    this._uses = new Map()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#asking?.abort()
    this.#answer(null)
  }

  /** Opens the dialog; resolves with what was picked, or null. Focus returns to where it was. */
  async open(): Promise<FileSummary[] | null> {
    this.#chosen.clear()
    this.#query = ''
    this.#where = this.source ?? ''
    this._files = null
    this.requestUpdate()
    await this.updateComplete
    const dialog = this.querySelector('dialog')
    const search = this.querySelector<HTMLInputElement>('input[type=search]')
    if (search) search.value = ''
    dialog?.showModal()
    this.#load(null)
    this.#askForSources()
    return new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  #answer(files: FileSummary[] | null): void {
    const settle = this.#settle
    this.#settle = null
    if (files) this.dispatchEvent(new CustomEvent('files-picked', { bubbles: true, detail: { files } }))
    settle?.(files)
  }

  async #load(cursor: string | null): Promise<void> {
    this.#asking?.abort()
    const asking = new AbortController()
    this.#asking = asking
    this._error = null
    const slow = setTimeout(() => {
      this._slow = true
    }, SPINNER_AFTER)
    const parameters = new URLSearchParams({ q: this.#query, limit: String(PAGE_SIZE) })
    if (this.#where !== '') parameters.set('source', this.#where)
    const types = acceptedTypes(this.accept)
    if (types !== null) parameters.set('content_type', types)
    if (cursor !== null) parameters.set('cursor', cursor)
    const url = this.address(`-/files/search.json?${parameters}`)
    try {
      const answer = await requestJson(url, undefined, asking.signal)
      const files = (Array.isArray(answer.files) ? answer.files : []).map(summaryOf)
      this._files = cursor === null ? files : [...(this._files ?? []), ...files]
      this._next = typeof answer.next === 'string' ? answer.next : null
      this._total = totalOf(answer)
      this.#sayUses(files, asking.signal)
      if (cursor !== null) await this.#focusFile(files[0]?.id)
    } catch (error) {
      if (asking.signal.aborted) return
      this._error = error instanceof Error ? error.message : 'The list did not come. Try again.'
    } finally {
      clearTimeout(slow)
      if (this.#asking === asking) {
        this.#asking = null
        this._slow = false
        this.requestUpdate()
      }
    }
  }

  /** The list does not wait for it: each column of files is read for that. */
  async #sayUses(files: readonly FileSummary[], signal: AbortSignal): Promise<void> {
    const ids = files.map(({ id }) => id)
    const uses = await askForUses(this.address('-/files/batch.json'), ids, signal)
    this._uses = new Map([...this._uses, ...uses])
  }

  /** Without an answer there is nothing to choose among, and the picker's own source is searched. */
  async #askForSources(): Promise<void> {
    try {
      const { sources } = await requestJson(this.address('-/files/sources.json'))
      const all = (Array.isArray(sources) ? sources : []) as Record<string, unknown>[]
      this._sources = all
        .filter((source) => source.can_browse !== false)
        .map(({ slug, label }) => ({ slug: String(slug), label: String(label ?? slug) }))
    } catch {
      this._sources = []
    }
  }

  #chooseSource(event: Event): void {
    this.#where = (event.target as HTMLSelectElement).value
    this.#load(null)
  }

  async #focusFile(id: string | undefined): Promise<void> {
    await this.updateComplete
    if (id !== undefined) this.querySelector<HTMLInputElement>(`input[value="${CSS.escape(id)}"]`)?.focus()
  }

  #typed(event: Event): void {
    this.#query = (event.target as HTMLInputElement).value.trim()
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => this.#load(null), TYPING_PAUSE)
  }

  /** Enter in the search field searches at once; it does not attach. */
  #searchKey(event: KeyboardEvent): void {
    if (event.key !== 'Enter') return
    event.preventDefault()
    clearTimeout(this.#typing)
    this.#load(null)
  }

  #choose(file: FileSummary, chosen: boolean): void {
    if (!this.multiple) this.#chosen.clear()
    if (chosen) this.#chosen.set(file.id, file)
    else this.#chosen.delete(file.id)
    this._nothing = false
    this.requestUpdate()
  }

  /** Arrows move through the grid by what is seen: a line down is the next line's file in the same place. */
  #gridKey(event: KeyboardEvent): void {
    const steps: Record<string, (columns: number) => number> = {
      ArrowRight: () => 1,
      ArrowLeft: () => -1,
      ArrowDown: (columns) => columns,
      ArrowUp: (columns) => -columns,
    }
    const step = steps[event.key]
    if (!step) return
    event.preventDefault()
    const inputs = [...this.querySelectorAll<HTMLInputElement>('.picker input')]
    const at = inputs.indexOf(event.target as HTMLInputElement)
    const top = inputs[0]?.closest('li')?.offsetTop
    const columns = Math.max(1, inputs.filter((input) => input.closest('li')?.offsetTop === top).length)
    inputs[at + step(columns)]?.focus()
  }

  #submit(event: Event): void {
    event.preventDefault()
    if (this.#chosen.size === 0) {
      this._nothing = true
      this.querySelector<HTMLElement>('.picker input:enabled, input[type=search]')?.focus()
      return
    }
    const files = [...this.#chosen.values()]
    this.querySelector('dialog')?.close()
    this.#answer(files)
  }

  #close(): void {
    this.querySelector('dialog')?.close()
  }

  override render(): TemplateResult {
    const count = this.#chosen.size
    return html`<dialog class="wide" aria-labelledby="${this.#id}-title" @close=${() => this.#answer(null)}>
      <form @submit=${this.#submit}>
        <h2 id="${this.#id}-title">${this.label ? `Pick ${this.multiple ? 'files' : 'a file'} for ${this.label}` : 'Pick from the library'}</h2>
        <div class="toolbar">
          <label class="search"><span class="unseen">Search names and descriptions</span>${icon('search')}<input class="input" type="search" placeholder="Name or description" autocomplete="off" @input=${this.#typed} @keydown=${this.#searchKey} /></label>${this.#sourceChoice()}
        </div>
        <div class="dialog-body">
          ${this._error ? html`<div class="notice danger" role="alert">${icon('error')}<div class="grow"><p>${this._error}</p></div><div class="actions"><button class="button" type="button" @click=${() => this.#load(null)}>Try again</button></div></div>` : nothing}
          <div aria-live="polite" class="unseen">${this._files ? `${formatCount(this._files.length, 'file')} shown${this._total}` : ''}</div>
          ${this.#list()}
        </div>
        <div class="dialog-foot">
          <span class="muted fine grow">${count > 0 ? `${count} chosen` : this._nothing ? html`<span class="file-problem" role="alert">No file is chosen. Choose one, or press Cancel.</span>` : this.#hint()}</span>
          <button class="button" type="button" @click=${this.#close}>Cancel</button>
          <button class="button filled" type="submit">${count > 1 ? `Attach ${count} files` : 'Attach file'}</button>
        </div>
      </form>
    </dialog>`
  }

  #hint(): string {
    const kind = acceptWords(this.accept)
    return kind ? `Takes ${kind.many}` : ''
  }

  #sourceChoice(): TemplateResult | typeof nothing {
    if (this._sources.length < 2) return nothing
    return html`<span class="select"><select class="input" aria-label="Source" @change=${this.#chooseSource}>
      <option value="" ?selected=${this.#where === ''}>All sources</option>${this._sources.map(
        ({ slug, label }) => html`<option value=${slug} ?selected=${slug === this.#where}>${label}</option>`,
      )}</select>${icon('chevronDown')}</span>`
  }

  #list(): TemplateResult | typeof nothing {
    if (this._files === null) {
      return this._slow
        ? html`<p class="muted"><span class="spinner"></span> Loading files</p>`
        : html`<ul class="picker"></ul>`
    }
    if (this._files.length === 0) {
      return html`<div class="empty">${icon('image', 'icon huge')}<p>${this.#emptyWords()}</p></div>`
    }
    return html`<ul class="picker" @keydown=${this.#gridKey}>${repeat(
      this._files,
      (file) => file.id,
      (file) => this.#tile(file),
    )}</ul>
      ${this._next === null ? nothing : html`<div class="picker-more"><button class="button" type="button" aria-busy=${this.#asking ? 'true' : 'false'} @click=${() => this.#load(this._next)}>${this._slow ? html`<span class="spinner"></span>` : nothing}Show more</button></div>`}`
  }

  #emptyWords(): string {
    const kind = acceptWords(this.accept)?.many ?? 'files'
    const others = this.#where !== '' && this._sources.length > 1 ? ' Choose “All sources” to look in the others.' : ''
    if (this.#query === '') return `There are no ${kind}${this.#where === '' ? '' : ' in this source'} yet.${others}`
    return `No ${kind} are found for “${this.#query}”.${others}`
  }

  #tile(file: FileSummary): TemplateResult {
    const taken = accepts(this.accept, file.filename, file.content_type)
    return html`<li class="tile"><label>
      <input type=${this.multiple ? 'checkbox' : 'radio'} name="${this.#id}-file" value=${file.id} aria-label=${file.filename} .checked=${this.#chosen.has(file.id)} ?disabled=${!taken} @change=${(event: Event) => this.#choose(file, (event.target as HTMLInputElement).checked)} />
      <span class="picture">${file.thumbnail_url ? html`<img src=${safeUrl(file.thumbnail_url)} width="160" height="120" alt="" loading="lazy" />` : html`<span class="format">${icon('file', 'icon large')}${typeLabel(file.content_type, file.filename)}</span>`}</span>
      <span class="file-name">${nameParts(file.filename)}</span><span class="file-facts">${taken ? fileFacts(file) : `Not ${acceptWords(this.accept)?.one ?? 'taken here'}`}</span>${stateLine(file)}<span class="file-facts picker-use" title=${this._uses.get(file.id) ?? nothing}>${this._uses.get(file.id) ?? nothing}</span>
    </label></li>`
  }
}

/** " of 1,200", " of more than 10,000"; nothing where the server does not count. */
function totalOf({ total, total_truncated: truncated }: Readonly<Record<string, unknown>>): string {
  if (typeof total !== 'number') return ''
  return ` of ${truncated === true ? 'more than ' : ''}${total.toLocaleString('en-US')}`
}
