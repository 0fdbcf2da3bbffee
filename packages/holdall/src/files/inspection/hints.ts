/** Types by the ending of a name: a hint for bytes that say too little by themselves, never more than that. */
const BY_ENDING: Readonly<Record<string, string>> = {
  '7z': 'application/x-7z-compressed',
  bmp: 'image/bmp',
  css: 'text/css',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  epub: 'application/epub+zip',
  geojson: 'application/geo+json',
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  log: 'text/plain',
  md: 'text/markdown',
  mjs: 'text/javascript',
  ndjson: 'application/x-ndjson',
  odp: 'application/vnd.oasis.opendocument.presentation',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odt: 'application/vnd.oasis.opendocument.text',
  pdf: 'application/pdf',
  png: 'image/png',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  py: 'text/x-python',
  rst: 'text/x-rst',
  sh: 'application/x-sh',
  sql: 'application/sql',
  svg: 'image/svg+xml',
  tab: 'text/tab-separated-values',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  toml: 'application/toml',
  ts: 'text/x-typescript',
  tsv: 'text/tab-separated-values',
  txt: 'text/plain',
  webp: 'image/webp',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  zip: 'application/zip',
}

export function typeByEnding(filename: string): string | undefined {
  const [, ending] = /\.([a-z0-9]{1,10})$/i.exec(filename) ?? []
  return ending === undefined ? undefined : BY_ENDING[ending.toLowerCase()]
}

/** The same type under another name: what browsers, systems and libraries call it, and what we do. */
const ALIASES: Readonly<Record<string, string>> = {
  'application/ecmascript': 'text/javascript',
  'application/javascript': 'text/javascript',
  'application/ogg': 'audio/ogg',
  'application/vnd.sqlite3': 'application/x-sqlite3',
  'application/x-gzip': 'application/gzip',
  'application/x-javascript': 'text/javascript',
  'application/x-parquet': 'application/vnd.apache.parquet',
  'application/x-pdf': 'application/pdf',
  'application/x-yaml': 'application/yaml',
  'application/x-zip-compressed': 'application/zip',
  'audio/mp3': 'audio/mpeg',
  'audio/m4a': 'audio/x-m4a',
  'audio/vnd.wave': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/x-flac': 'audio/flac',
  'audio/x-wav': 'audio/wav',
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/vnd.microsoft.icon': 'image/x-icon',
  'image/x-bmp': 'image/bmp',
  'image/x-ms-bmp': 'image/bmp',
  'image/x-png': 'image/png',
  'text/json': 'application/json',
  'text/rtf': 'application/rtf',
  'text/x-markdown': 'text/markdown',
  'text/xml': 'application/xml',
  'text/yaml': 'application/yaml',
  'video/matroska': 'video/x-matroska',
}

export function canonical(type: string): string {
  return ALIASES[type] ?? type
}

/** What says nothing about the bytes: defaults of browsers, libraries and curl. */
const SAYS_NOTHING: ReadonlySet<string> = new Set([
  '',
  'application/octet-stream',
  'binary/octet-stream',
  'application/binary',
  'application/unknown',
  'application/x-download',
  'application/x-www-form-urlencoded',
  'application/force-download',
  'multipart/form-data',
])

/** A declared type worth comparing with the bytes, or `undefined`. */
export function meaningful(declared: string | undefined): string | undefined {
  const type = declared?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (SAYS_NOTHING.has(type) || !/^[\w.+-]{1,127}\/[\w.+-]{1,127}$/.test(type)) return undefined
  return canonical(type)
}
