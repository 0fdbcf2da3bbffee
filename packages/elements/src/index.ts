/**
 * Web components that attach files to rows and make datasets of them. Importing this module defines `<file-upload>`,
 * `<file-column-input>`, `<file-picker>`, `<file-matcher>`, `<file-cell>` and `<parquet-upload>`. They draw into the page itself, with the stylesheet of our pages or,
 * on any other page, with `/-/elements.css`. Their attributes, events and custom properties are told in
 * docs/guides/components-in-your-own-page.md.
 *
 * @example
 * import '@holdall/elements'
 * // <file-upload source="photos" base="/"></file-upload>
 */
import { FileCell } from './file-cell.ts'
import { FileColumnInput } from './file-column-input.ts'
import { FileMatcher } from './file-matcher.ts'
import { FilePicker } from './file-picker.ts'
import { FileUpload } from './file-upload.ts'
import { ParquetUpload } from './parquet-upload.ts'

const ELEMENTS = {
  'file-cell': FileCell,
  'file-column-input': FileColumnInput,
  'file-matcher': FileMatcher,
  'file-picker': FilePicker,
  'file-upload': FileUpload,
  'parquet-upload': ParquetUpload,
} as const

for (const [name, element] of Object.entries(ELEMENTS)) {
  if (!customElements.get(name)) customElements.define(name, element)
}

declare global {
  interface HTMLElementTagNameMap {
    'file-cell': FileCell
    'file-column-input': FileColumnInput
    'file-matcher': FileMatcher
    'file-picker': FilePicker
    'file-upload': FileUpload
    'parquet-upload': ParquetUpload
  }
}

export { FileCell, FileColumnInput, FileMatcher, FilePicker, FileUpload, ParquetUpload }
