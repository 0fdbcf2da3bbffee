import type { Ignored } from './block.ts'
import { text } from './values.ts'

/** What pages say about the instance, a database or a table. */
export interface Metadata {
  readonly title?: string
  readonly description?: string
  readonly source?: string
  readonly source_url?: string
  readonly license?: string
  readonly license_url?: string
  readonly about?: string
  readonly about_url?: string
}

export const METADATA_SHAPE = {
  title: text,
  description: text,
  source: text,
  source_url: text,
  license: text,
  license_url: text,
  about: text,
  about_url: text,
}

/** Beside the metadata, at every level. */
export const METADATA_IGNORED: Ignored = {
  description_html: 'pages show no HTML from the configuration; `description` is shown',
  extra_css_urls: 'pages have one style sheet',
  extra_js_urls: 'pages run no scripts from elsewhere',
  custom_units: 'units are shown as they are written',
}

/** The metadata among the keys of a block that has been read. */
export function metadataOf(read: Metadata): Metadata {
  const entries = Object.entries(read).filter(([key]) => Object.hasOwn(METADATA_SHAPE, key))
  return Object.fromEntries(entries)
}
