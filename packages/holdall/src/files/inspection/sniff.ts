import { fileTypeFromBuffer, supportedMimeTypes } from 'file-type'
import { HEAD_BYTES, type SniffedType, type SniffQuestion } from '../../uploads/inspection.ts'
import { UNKNOWN_TYPE } from '../record.ts'
import { canonical, meaningful, typeByEnding } from './hints.ts'
import { type Markup, markupOf } from './markup.ts'
import { jsonOf, tableOf } from './tabular.ts'
import { asText } from './text.ts'

/** Types whose bytes we would have known: who declares one of these over other bytes is contradicted by them. */
const RECOGNISED: ReadonlySet<string> = new Set([
  ...[...supportedMimeTypes].map((type) => canonical(type)),
  'text/html',
  'image/svg+xml',
  'application/xml',
  'application/xhtml+xml',
  'application/json',
])

/** Formats that are kept inside a general one: bytes that only show the outside do not contradict the inside. */
const CONTAINERS: Readonly<Record<string, RegExp>> = {
  'application/zip':
    /^application\/(?:vnd\.(?:openxmlformats-officedocument|oasis\.opendocument|ms-(?:excel|word|powerpoint)|google-earth\.kmz|android\.package-archive)|epub\+zip|java-archive|x-xpinstall|3mf)/,
  'application/x-cfb': /^application\/(?:msword|vnd\.(?:ms-|visio)|x-msi)/,
  'application/gzip': /^application\/(?:gzip|x-gtar|x-compressed-tar|x-tgz)$/,
  'audio/ogg': /^(?:audio|video|application)\/(?:ogg|opus|x-vorbis\+ogg)$/,
  'video/mp4': /^(?:video|audio)\/(?:mp4|x-m4v|x-m4a|quicktime|3gpp2?)$/,
  'audio/x-m4a': /^(?:video|audio)\/(?:mp4|x-m4a|x-m4b|aac)$/,
  'video/quicktime': /^video\/(?:mp4|quicktime)$/,
  'video/webm': /^(?:video|audio)\/(?:webm|x-matroska)$/,
  'video/x-matroska': /^(?:video|audio)\/(?:webm|x-matroska)$/,
  'image/heif': /^image\/hei[cf](?:-sequence)?$/,
  'image/heic': /^image\/hei[cf](?:-sequence)?$/,
  'image/apng': /^image\/png$/,
  'image/tiff': /^image\/(?:x-)?[\w.-]*(?:dng|nef|cr2|arw|raw|tiff?)[\w.-]*$/,
}

/** Kinds that a name may refine, because plain text is all that the bytes can show of them. */
const IS_TEXT =
  /^(?:text\/(?!html$)[\w.+-]+|application\/(?:yaml|toml|sql|x-sh|x-httpd-php|x-tex|x-latex|x-subrip|graphql|x-ndjson|[\w.-]+\+(?:json|yaml)))$/

/**
 * Decides a file's type from its first bytes. What the client declares, and after it the ending of the name, only ever
 * refines: a text becomes CSV, a zip a Word document. Nothing is taken for a format that we would have known and did not see.
 */
export async function sniff({ head, filename, declaredType }: SniffQuestion): Promise<SniffedType> {
  const declared = meaningful(declaredType)
  const contentType = await typeOf(
    head,
    [declared, typeByEnding(filename)].filter((hint) => hint !== undefined),
  )
  return { contentType, contradicts: declared !== undefined && !agrees(declared, contentType) }
}

/** @param hints what the client declared, then what the name's ending says */
async function typeOf(head: Uint8Array, hints: readonly string[]): Promise<string> {
  const asTextOf = hints.find((hint) => IS_TEXT.test(hint) && hint !== 'text/plain')
  if (head.length === 0) return hints.find((hint) => IS_TEXT.test(hint)) ?? UNKNOWN_TYPE
  const complete = head.length < HEAD_BYTES
  const found = asText(head, complete)
  // Text first: markup must be known as markup, whatever magic number its first letters happen to spell.
  if (found !== undefined) {
    const markup = markupOf(found.text)
    if (markup !== undefined) return refineMarkup(markup, hints)
  }
  const magic = await byMagic(head)
  if (magic !== undefined) return hints.find((hint) => CONTAINERS[magic]?.test(hint)) ?? magic
  if (found === undefined) return unknownBinary(hints)
  const json = jsonOf(found.text, complete, hints)
  return json ?? asTextOf ?? tableOf(found.text, complete) ?? 'text/plain'
}

/** Markdown that begins with a paragraph of HTML is still Markdown; no browser renders it. */
function refineMarkup(markup: Markup, hints: readonly string[]): string {
  if (markup === 'text/html') return hints.find((hint) => hint === 'text/markdown') ?? markup
  if (markup !== 'application/xml') return markup
  return hints.find((hint) => hint.endsWith('+xml') && !RECOGNISED.has(hint)) ?? markup
}

async function byMagic(head: Uint8Array): Promise<string | undefined> {
  try {
    const type = await fileTypeFromBuffer(head)
    if (type !== undefined) return canonical(type.mime.split(';', 1)[0] as string)
  } catch {
    // Bytes that begin like a format and then are not: as unknown as any others.
  }
  return isTiff(head) ? 'image/tiff' : undefined
}

/** Most scanners write the directory of a TIFF, by which others know it, behind its pixels: far beyond the first bytes. */
function isTiff(head: Uint8Array): boolean {
  const mark = Buffer.from(head.subarray(0, 4)).toString('latin1')
  if (mark !== 'II*\0' && mark !== 'MM\0*') return false
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  return head.length >= 8 && view.getUint32(4, mark.startsWith('I')) >= 8
}

function unknownBinary(hints: readonly string[]): string {
  const possible = hints.find(
    (hint) => !RECOGNISED.has(hint) && !IS_TEXT.test(hint) && !/[/+](?:xml|html|json)\b/.test(hint),
  )
  return possible ?? UNKNOWN_TYPE
}

function agrees(declared: string, found: string): boolean {
  if (declared === found) return true
  if (CONTAINERS[found]?.test(declared) || CONTAINERS[declared]?.test(found)) return true
  // Windows calls every .csv an Excel workbook; plain text is what people call any text.
  if (found === 'text/csv' && declared === 'application/vnd.ms-excel') return true
  if (declared === 'text/plain') return IS_TEXT.test(found) || /json$/.test(found)
  if (found === 'application/xml') return declared.endsWith('xml')
  if (/json$/.test(found)) return /json$/.test(declared)
  // An empty file, or bytes of a format that nobody can know: there is nothing to contradict.
  if (found === UNKNOWN_TYPE) return !RECOGNISED.has(declared) && !IS_TEXT.test(declared)
  if (found === 'text/plain') return !RECOGNISED.has(declared) && !/^(?:image|audio|video|font)\//.test(declared)
  return false
}
