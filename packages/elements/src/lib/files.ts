import { formatBytes, formatDay, formatDimensions } from './format.ts'

/** What the pages and components know about a file. The names are those of the JSON API. */
export interface FileSummary {
  readonly id: string
  readonly filename: string
  readonly content_type: string | null
  /** bytes */
  readonly size: number | null
  readonly width?: number | null
  readonly height?: number | null
  /** a picture of it; null where there is only a type to show */
  readonly thumbnail_url?: string | null
  /** its page */
  readonly url: string
  /** When other bytes were last seen at its path, where its source is shared with others; ISO 8601 */
  readonly changed_at?: string | null
  /** Since when its storage is without it; ISO 8601 */
  readonly missing_since?: string | null
  /** Why it cannot be read, where somebody has read all of it and seen that */
  readonly unreadable?: string | null
}

type Become = Pick<FileSummary, 'changed_at' | 'missing_since' | 'unreadable'>

/** What has become of a file's bytes, for people; null where they are what they were. */
export interface FileState {
  readonly sign: 'fileMissing' | 'warning' | 'retry'
  /** "Missing since 3 May 2026" */
  readonly words: string
}

export function fileState({ missing_since, changed_at, unreadable }: Become): FileState | null {
  if (missing_since) return { sign: 'fileMissing', words: `Missing since ${formatDay(missing_since)}` }
  if (unreadable) return { sign: 'warning', words: 'Cannot be read' }
  if (changed_at) return { sign: 'retry', words: `Changed ${formatDay(changed_at)}` }
  return null
}

/** What a file is called where only its picture is seen. */
export function nameAndState(file: Become & Pick<FileSummary, 'filename'>): string {
  const state = fileState(file)
  return state === null ? file.filename : `${file.filename}: ${state.words}`
}

const ENDING_LETTERS = 3
const LONGEST_EXTENSION = 8

const ONE_UNIT_A_LETTER = /^[\x20-\x7e]*$/

/** A name in two: the stem may shrink, the ending (the extension and three letters before it) stays. */
export function splitName(filename: string): { stem: string; ending: string } {
  // Tables have a name in every row, and segmenting costs a thousand times what slicing does.
  const letters = ONE_UNIT_A_LETTER.test(filename) ? [...filename] : lettersOf(filename)
  const dot = letters.lastIndexOf('.')
  const extension = dot > 0 && letters.length - dot <= LONGEST_EXTENSION ? letters.length - dot : 0
  const kept = Math.min(letters.length, extension + ENDING_LETTERS)
  return {
    stem: letters.slice(0, letters.length - kept).join(''),
    ending: letters.slice(letters.length - kept).join(''),
  }
}

function lettersOf(text: string): string[] {
  graphemes ??= new Intl.Segmenter()
  return [...graphemes.segment(text)].map((part) => part.segment)
}

// Made for the first name that wants it: it reads tables that no start has to wait for.
let graphemes: Intl.Segmenter | undefined

const LABELS: Readonly<Record<string, string>> = {
  'application/gzip': 'GZ',
  'application/json': 'JSON',
  'application/msword': 'DOC',
  'application/octet-stream': 'BIN',
  'application/pdf': 'PDF',
  'application/vnd.apache.parquet': 'PQT',
  'application/vnd.ms-excel': 'XLS',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'PPT',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'XLS',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'DOC',
  'application/vnd.sqlite3': 'DB',
  'application/xml': 'XML',
  'application/zip': 'ZIP',
  'audio/mpeg': 'MP3',
  'audio/wav': 'WAV',
  'audio/x-wav': 'WAV',
  'image/jpeg': 'JPEG',
  'image/svg+xml': 'SVG',
  'image/tiff': 'TIFF',
  'text/csv': 'CSV',
  'text/html': 'HTML',
  'text/markdown': 'MD',
  'text/plain': 'TXT',
  'text/tab-separated-values': 'TSV',
  'video/quicktime': 'MOV',
}

/** Of a type that browsers do not know, and too long for a tile. */
const LONG_ENDING = /\.parquet$/i

/** At most four letters for a type: `PDF`, `XLS`, `WAV`. The type decides; the name only where the type says nothing. */
export function typeLabel(contentType: string | null | undefined, filename = ''): string {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const extension = LONG_ENDING.test(filename) ? 'PQT' : /\.([A-Za-z0-9]{1,4})$/.exec(filename)?.[1]?.toUpperCase()
  if (type === '' || type === 'application/octet-stream') return extension ?? 'FILE'
  const known = LABELS[type]
  if (known !== undefined) return known
  const subtype = (type.split('/')[1] ?? '').replace(/^(?:x-|vnd\.)/, '').replace(/[^a-z0-9]/g, '')
  if (subtype !== '' && subtype.length <= 4) return subtype.toUpperCase()
  return extension ?? 'FILE'
}

/** The one line of facts: `6.4 MB · 5,472 × 3,648`, or the type where there are no dimensions. */
export function fileFacts(file: Omit<FileSummary, 'id' | 'url' | 'thumbnail_url'>): string {
  const facts: string[] = []
  if (file.size !== null) facts.push(formatBytes(file.size))
  if (file.width && file.height) facts.push(formatDimensions(file.width, file.height))
  else facts.push(typeLabel(file.content_type, file.filename))
  return facts.join(' · ')
}

/**
 * Whether `accept` (as in `<input accept>`: types, `image/*`, `.pdf`) takes a file with this name and type. An empty
 * list takes all. The server decides; this only saves sending what it would refuse.
 */
export function accepts(accept: string | null | undefined, filename: string, contentType: string | null): boolean {
  const rules = (accept ?? '')
    .split(/[\s,]+/)
    .map((rule) => rule.trim().toLowerCase())
    .filter((rule) => rule !== '')
  if (rules.length === 0) return true
  const name = filename.toLowerCase()
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return rules.some((rule) => {
    if (rule === '*' || rule === '*/*') return true
    if (rule.startsWith('.')) return name.endsWith(rule)
    // A browser that knows no type for a file says '': only the server can tell, so let it through.
    if (type === '') return true
    return rule.endsWith('/*') ? type.startsWith(rule.slice(0, -1)) : type === rule
  })
}

/** The list as a filter by type, with commas; null when it takes anything, or endings of names as well. */
export function acceptedTypes(accept: string | null | undefined): string | null {
  const rules = (accept ?? '').split(/[\s,]+/).filter((rule) => rule !== '')
  const types = rules.every((rule) => /^[\w.+-]+\/(?:\*|[\w.+-]+)$/.test(rule))
  return rules.length > 0 && types ? rules.join(',').toLowerCase() : null
}

/** Whether a list takes files of a type whose name is not known, as while they are dragged. */
export function acceptsType(accept: string | null | undefined, contentType: string): boolean {
  // An ending needs a name to be judged by.
  return /(?:^|[\s,])\./.test(accept ?? '') || accepts(accept, '', contentType)
}

/** `images, PDF and audio`: what stands after "takes"; null when it is anything. */
export function acceptList(accept: string | null | undefined): string | null {
  const kinds = acceptWords(accept)?.kinds
  if (!kinds) return null
  return kinds.length === 1 ? (kinds[0] ?? null) : `${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}`
}

/** `an image`, `a PDF`: what a column takes, in words; null when it takes anything. */
export function acceptWords(
  accept: string | null | undefined,
): { one: string; many: string; kinds: readonly string[] } | null {
  const rules = (accept ?? '').split(/[\s,]+/).filter((rule) => rule !== '' && rule !== '*/*' && rule !== '*')
  if (rules.length === 0) return null
  const words = rules.map((rule) => WORDS[rule.toLowerCase()] ?? null)
  if (rules.length === 1 && words[0]) return { ...words[0], kinds: [words[0].many] }
  const named = rules.map((rule, at) => words[at]?.noun ?? rule.replace(/^\./, '').replace(/^.*\//, ''))
  return { one: `one of ${named.join(', ')}`, many: named.join(', '), kinds: [...new Set(named)] }
}

const WORDS: Readonly<Record<string, { one: string; many: string; noun: string }>> = {
  'image/*': { one: 'an image', many: 'images', noun: 'images' },
  'audio/*': { one: 'an audio file', many: 'audio files', noun: 'audio' },
  'video/*': { one: 'a video', many: 'videos', noun: 'video' },
  'text/*': { one: 'a text file', many: 'text files', noun: 'text' },
  'application/pdf': { one: 'a PDF', many: 'PDFs', noun: 'PDF' },
  '.pdf': { one: 'a PDF', many: 'PDFs', noun: 'PDF' },
  'text/csv': { one: 'a CSV file', many: 'CSV files', noun: 'CSV' },
}
