import { requestJson } from '@holdall/client'
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { HoldallElement } from './lib/element.ts'
import { accepts, acceptWords, type FileSummary, fileFacts, typeLabel } from './lib/files.ts'
import { formatCount } from './lib/format.ts'
import { summaryOf } from './lib/stored.ts'
import { icon, nameParts } from './lib/templates.ts'
import { safeUrl } from './lib/url.ts'

const PAGE_SIZE = 24
/** Milliseconds after the last key before the list is asked for. */
const TYPING_PAUSE = 250
const SPINNER_AFTER = 300

let ids = 0

/**
 * A dialog over the files of a source, newest first, filtered by name.
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
  }
  declare multiple: boolean
  declare label: string | null
  declare _files: FileSummary[] | null
  declare _next: string | null
  declare _error: string | null
  declare _slow: boolean
  /** Attaching was asked for with nothing chosen. */
  declare _nothing: boolean

  #chosen = new Map<string, FileSummary>()
  #query = ''
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
    this._files = null
    this.requestUpdate()
    await this.updateComplete
    const dialog = this.querySelector('dialog')
    const search = this.querySelector<HTMLInputElement>('input[type=search]')
    if (search) search.value = ''
    dialog?.showModal()
    this.#load(null)
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
    if (cursor !== null) parameters.set('cursor', cursor)
    const url = this.address(`-/files/browse/${encodeURIComponent(this.source ?? '')}.json?${parameters}`)
    try {
      const answer = await requestJson(url, undefined, asking.signal)
      const files = (Array.isArray(answer.files) ? answer.files : []).map(summaryOf)
      this._files = cursor === null ? files : [...(this._files ?? []), ...files]
      this._next = typeof answer.next === 'string' ? answer.next : null
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
          <label class="search"><span class="unseen">Search by name</span>${icon('search')}<input class="input" type="search" placeholder="Search by name" autocomplete="off" @input=${this.#typed} @keydown=${this.#searchKey} /></label>
        </div>
        <div class="dialog-body">
          ${this._error ? html`<div class="notice danger" role="alert">${icon('error')}<div class="grow"><p>${this._error}</p></div><div class="actions"><button class="button" type="button" @click=${() => this.#load(null)}>Try again</button></div></div>` : nothing}
          <div aria-live="polite" class="unseen">${this._files ? `${formatCount(this._files.length, 'file')} shown` : ''}</div>
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

  #list(): TemplateResult | typeof nothing {
    if (this._files === null) {
      return this._slow
        ? html`<p class="muted"><span class="spinner"></span> Loading files</p>`
        : html`<ul class="picker"></ul>`
    }
    if (this._files.length === 0) {
      return html`<div class="empty">${icon('image', 'icon huge')}<p>${this.#query ? `No file’s name contains “${this.#query}”.` : 'This source holds no files yet.'}</p></div>`
    }
    return html`<ul class="picker" @keydown=${this.#gridKey}>${repeat(
      this._files,
      (file) => file.id,
      (file) => this.#tile(file),
    )}</ul>
      ${this._next === null ? nothing : html`<div class="picker-more"><button class="button" type="button" aria-busy=${this.#asking ? 'true' : 'false'} @click=${() => this.#load(this._next)}>${this._slow ? html`<span class="spinner"></span>` : nothing}Show more</button></div>`}`
  }

  #tile(file: FileSummary): TemplateResult {
    const taken = accepts(this.accept, file.filename, file.content_type)
    return html`<li class="tile"><label>
      <input type=${this.multiple ? 'checkbox' : 'radio'} name="${this.#id}-file" value=${file.id} aria-label=${file.filename} .checked=${this.#chosen.has(file.id)} ?disabled=${!taken} @change=${(event: Event) => this.#choose(file, (event.target as HTMLInputElement).checked)} />
      <span class="picture">${file.thumbnail_url ? html`<img src=${safeUrl(file.thumbnail_url)} width="160" height="120" alt="" loading="lazy" />` : html`<span class="format">${icon('file', 'icon large')}${typeLabel(file.content_type, file.filename)}</span>`}</span>
      <span class="file-name">${nameParts(file.filename)}</span><span class="file-facts">${taken ? fileFacts(file) : `Not ${acceptWords(this.accept)?.one ?? 'taken here'}`}</span>
    </label></li>`
  }
}
