import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** One file per idea, in the order in which they are served as one stylesheet. */
export const STYLESHEETS = [
  'tokens.css',
  'base.css',
  'layout.css',
  'buttons.css',
  'forms.css',
  'progress.css',
  'menus.css',
  'badges.css',
  'chips.css',
  'notices.css',
  'sources.css',
  'tables.css',
  'file-cell.css',
  'file-field.css',
  'file-page.css',
  'file-list.css',
  'uploads.css',
  'parquet-upload.css',
  'attach.css',
  'datasets.css',
  'dialogs.css',
  'toasts.css',
] as const

/** Under `base_url`; the pages add `?v=` and the version, so that the answers may be cached for a year. */
export const STYLESHEET_PATH = '/-/assets/holdall.css'
export const SCRIPT_PATH = '/-/assets/elements.js'
export const EDITOR_PATH = '/-/assets/sql-editor.js'
export const ICON_PATH = '/-/assets/icon.svg'

/** What pages that are not ours write down: these addresses stay, and what is there is asked for anew. */
export const ELEMENTS_STYLESHEET_PATH = '/-/elements.css'
export const ELEMENTS_SCRIPT_PATH = '/-/elements.js'

export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>
  /** quoted, as the header wants it */
  readonly etag: string
}

let read: Asset | undefined
let drawn: Asset | undefined

/** The mark, as browsers show it in a tab: light petrol where the browser is dark. */
export function siteIcon(): Asset {
  drawn ??= makeAsset(readFileSync(new URL('./assets/icon.svg', import.meta.url)))
  return drawn
}

/** All stylesheets as one, read once. */
export function stylesheet(): Asset {
  read ??= readStylesheets()
  return read
}

function readStylesheets(): Asset {
  const files = STYLESHEETS.map((name) => readFileSync(new URL(`./assets/${name}`, import.meta.url)))
  return makeAsset(Buffer.concat(files))
}

/** What is served, with a name that changes with it. */
export function makeAsset(bytes: Uint8Array): Asset {
  const body = new Uint8Array(bytes)
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"` }
}
