import { getDocument, PDFDataRangeTransport } from 'unpdf/pdfjs'
import type { PdfFacts, PdfJob } from './jobs.ts'
import { type Ranges, TooMuch } from './ranges.ts'
import { condense } from './words.ts'

/** What is read at once: large enough that a page takes few questions. */
const RANGE_BYTES = 256 * 1024
const MAX_NAME = 500

export interface PdfText {
  readonly facts: PdfFacts
  readonly text: string
}

/**
 * The words of a PDF, page after page.
 *
 * @throws Error for what is no PDF or needs a password
 */
export async function pdfText(ranges: Ranges, { maxCharacters, timeMs }: PdfJob): Promise<PdfText> {
  const deadline = performance.now() + timeMs
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const task = getDocument({
    range: transportOf(ranges, failed.reject),
    rangeChunkSize: RANGE_BYTES,
    disableAutoFetch: true,
    disableStream: true,
    disableFontFace: true,
    enableXfa: false,
    useSystemFonts: false,
    useWorkerFetch: false,
    useWasm: false,
    verbosity: 0,
  })
  const whatever = <Value>(value: Promise<Value>) => Promise.race([value, failed.promise])
  const document = await whatever(task.promise)
  const pages: string[] = []
  let left = maxCharacters
  let page = 1
  try {
    for (; page <= document.numPages && left > 0 && performance.now() < deadline; page += 1) {
      const text = (await whatever(wordsOf(document, page))).slice(0, left)
      left -= text.length + 1
      pages.push(text)
    }
  } catch (error) {
    // What could be read until then is worth having; a file too large to be read whole is no broken one.
    if (!(error instanceof TooMuch)) throw error
  }
  const info = await whatever(infoOf(document)).catch(() => ({}))
  return {
    facts: { pages: document.numPages, ...info, truncated: page <= document.numPages },
    text: condense(pages.join('\f')),
  }
}

type Document = Awaited<ReturnType<typeof getDocument>['promise']>

async function wordsOf(document: Document, number: number): Promise<string> {
  try {
    const page = await document.getPage(number)
    const { items } = await page.getTextContent()
    page.cleanup()
    return items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('')
  } catch {
    // A page that is broken takes no other with it.
    return ''
  }
}

async function infoOf(document: Document): Promise<{ title?: string; author?: string }> {
  const info = (await document.getMetadata()).info as Readonly<Record<string, unknown>>
  const title = name(info.Title)
  const author = name(info.Author)
  return { ...(title && { title }), ...(author && { author }) }
}

function name(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const plain = value
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
  return plain === '' ? undefined : plain.slice(0, MAX_NAME)
}

function transportOf(ranges: Ranges, fail: (error: unknown) => void): PDFDataRangeTransport {
  const transport = new PDFDataRangeTransport(ranges.size, null, false)
  // The library waits for ever for a part that does not come: it has no word for one that cannot.
  transport.requestDataRange = (begin: number, end: number) => {
    ranges.read(begin, end).then((bytes) => transport.onDataRange(begin, bytes), fail)
  }
  return transport
}
