import type { StoredFile } from '@holdall/client'
import { html, nothing, type TemplateResult } from 'lit'
import type { FileUpload } from './file-upload.ts'
import { HoldallElement } from './lib/element.ts'
import { formatCount } from './lib/format.ts'
import { safeUrl } from './lib/url.ts'

/**
 * Where a folder of files enters a table: they are uploaded, and then the page opens that shows which row each of them
 * fits. What stands inside it is shown until the script runs.
 *
 * @example
 * // <file-matcher base="/" source="photos" column="photo" action="/museum/objects/-/attach"></file-matcher>
 */
export class FileMatcher extends HoldallElement {
  static override properties = {
    ...HoldallElement.properties,
    action: {},
    column: {},
    label: {},
    _settled: { state: true },
  }
  declare action: string
  declare column: string
  declare label: string | null
  /** How the uploads ended; null while they have not. */
  declare _settled: { readonly uploaded: number; readonly failed: number } | null

  readonly #ids: string[] = []

  constructor() {
    super()
    this.action = ''
    this.column = ''
    this.label = null
    this._settled = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    for (const child of [...this.children]) child.remove()
  }

  /** Puts files into the queue. */
  async add(files: Iterable<File>): Promise<void> {
    await this.updateComplete
    this.querySelector<FileUpload>('file-upload')?.add(files)
  }

  /** Ends every upload that is under way. */
  cancel(): void {
    this.querySelector<FileUpload>('file-upload')?.cancel()
  }

  #uploaded(event: CustomEvent<{ file: StoredFile }>): void {
    this._settled = null
    this.#ids.push(event.detail.file.file_id)
  }

  #complete(event: CustomEvent<{ uploaded: number; failed: number }>): void {
    this._settled = event.detail
    // With nothing to be said about, there is nothing to wait for.
    if (event.detail.failed === 0 && this.#ids.length > 0) this.#match()
  }

  /** The server makes the plan: what follows is an ordinary page. */
  async #match(): Promise<void> {
    await this.updateComplete
    this.querySelector('form')?.requestSubmit()
  }

  override render(): TemplateResult {
    const failed = this._settled?.failed ?? 0
    const count = formatCount(this.#ids.length, 'file')
    return html`<file-upload folders once base=${this.base} source=${this.source ?? ''} accept=${this.accept ?? nothing} max-size=${this.maxSize ?? nothing} label=${this.label ?? nothing} note="Their names say to which row they belong. Nothing is attached before you have seen the rows." @file-uploaded=${this.#uploaded} @all-complete=${this.#complete}></file-upload>
      <form method="post" action=${safeUrl(this.action)} class="matcher-foot" ?hidden=${this._settled === null || this.#ids.length === 0}>
        <input type="hidden" name="column" value=${this.column} />
        <input type="hidden" name="ids" value=${this.#ids.join(' ')} />
        <span class="muted">${failed > 0 ? `${formatCount(failed, 'file')} failed. Retry, or go on without.` : 'Looking for the rows'}</span>
        <button class="button ${failed > 0 ? 'filled' : ''}" type="submit">Match ${count}</button>
      </form>`
  }
}
