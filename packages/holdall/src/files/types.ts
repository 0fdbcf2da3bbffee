/** What browsers may show in place, by the type that the bytes have. Never HTML, SVG or XML: those can run scripts. */
const INLINE: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/apng',
  'image/bmp',
  'image/x-icon',
  'application/pdf',
  'text/plain',
])

const MEDIA: ReadonlySet<string> = new Set([
  'audio/mpeg',
  'audio/mp4',
  'audio/x-m4a',
  'audio/aac',
  'audio/ogg',
  'audio/opus',
  'audio/flac',
  'audio/wav',
  'audio/webm',
  'video/mp4',
  'video/x-m4v',
  'video/quicktime',
  'video/webm',
  'video/ogg',
  'video/x-matroska',
])

/** Browsers run these when a page names them as a script or a style sheet, so that none is ever sent as what it is. */
const LOADABLE: ReadonlySet<string> = new Set([
  'text/javascript',
  'application/javascript',
  'application/ecmascript',
  'application/x-javascript',
  'text/ecmascript',
  'text/x-javascript',
  'text/livescript',
  'text/jscript',
  'application/wasm',
  'text/css',
  'application/json+importmap',
  'application/importmap+json',
  'application/speculationrules+json',
])

/** Whether a file may be shown in place, instead of only downloaded. */
export function isInline(contentType: string): boolean {
  return INLINE.has(contentType) || MEDIA.has(contentType)
}

/** Whether a browser plays it, which needs a wider policy than showing it. */
export function isMedia(contentType: string): boolean {
  return MEDIA.has(contentType)
}

const LEGACY_SCRIPT = /^(?:text\/javascript1\.[0-5]|text\/jscript|text\/ecmascript)$/

/**
 * The `Content-Type` that the bytes are sent with. Scripts and style sheets go as plain text: with their own type, a page
 * of this origin could load them, and its Content-Security-Policy would let it.
 */
export function servedType(contentType: string): string {
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(contentType)) return 'application/octet-stream'
  return LOADABLE.has(contentType) || LEGACY_SCRIPT.test(contentType) ? 'text/plain' : contentType
}

const NAMES: Readonly<Record<string, string>> = {
  'application/epub+zip': 'EPUB book',
  'application/gzip': 'Gzip archive',
  'application/json': 'JSON data',
  'application/geo+json': 'GeoJSON data',
  'application/msword': 'Word document',
  'application/octet-stream': 'Unknown type',
  'application/pdf': 'PDF document',
  'application/rtf': 'RTF document',
  'application/vnd.apache.parquet': 'Parquet data',
  'application/vnd.ms-excel': 'Excel workbook',
  'application/vnd.ms-powerpoint': 'PowerPoint presentation',
  'application/vnd.oasis.opendocument.presentation': 'OpenDocument presentation',
  'application/vnd.oasis.opendocument.spreadsheet': 'OpenDocument spreadsheet',
  'application/vnd.oasis.opendocument.text': 'OpenDocument text',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'PowerPoint presentation',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'Excel workbook',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'Word document',
  'application/x-7z-compressed': '7-Zip archive',
  'application/x-ndjson': 'NDJSON data',
  'application/x-sqlite3': 'SQLite database',
  'application/x-tar': 'Tar archive',
  'application/xhtml+xml': 'XHTML page',
  'application/xml': 'XML document',
  'application/zip': 'Zip archive',
  'audio/mpeg': 'MP3 audio',
  'audio/wav': 'WAV audio',
  'image/svg+xml': 'SVG drawing',
  'text/css': 'CSS style sheet',
  'text/csv': 'CSV table',
  'text/html': 'HTML page',
  'text/javascript': 'JavaScript',
  'text/markdown': 'Markdown text',
  'text/plain': 'Plain text',
  'text/tab-separated-values': 'TSV table',
  'video/quicktime': 'QuickTime video',
}

const FAMILIES: Readonly<Record<string, string>> = { image: 'image', audio: 'audio', video: 'video', font: 'font' }

/** A type in words: `TIFF image`, `PDF document`, or the type itself where nobody has a word for it. */
export function typeName(contentType: string): string {
  const known = NAMES[contentType]
  if (known !== undefined) return known
  const [family = '', subtype = ''] = contentType.split('/')
  const kind = FAMILIES[family]
  const format = subtype.replace(/^(?:x-|vnd\.)/, '').replace(/\+.*$/, '')
  return kind === undefined || !/^[\w-]{1,12}$/.test(format) ? contentType : `${format.toUpperCase()} ${kind}`
}
