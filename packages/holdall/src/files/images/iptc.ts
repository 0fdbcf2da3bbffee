/** The data sets of record 2 that are kept, under the names that they have in `metadata.iptc`. Never where it was taken. */
const NAMES: Readonly<Record<number, string>> = {
  5: 'title',
  25: 'keywords',
  80: 'creator',
  105: 'headline',
  110: 'credit',
  116: 'copyright',
  120: 'caption',
}
const KEYWORDS = 25
/** Longer texts are cut, and no more keywords are kept: a caption may be a book, or an attack. */
export const MAX_TEXT = 1_000
export const MAX_KEYWORDS = 50

export type Iptc = Readonly<Record<string, string | readonly string[]>>

/** What an archivist or an agency wrote into a picture. `data` is an APP13 segment, or the records alone as TIFF has them. */
export function readIptc(data: Buffer): Iptc {
  const texts: Record<string, string> = {}
  const keywords: string[] = []
  for (const [number, value] of dataSets(recordsOf(data))) {
    const text = textOf(value)
    const name = NAMES[number]
    if (text === '' || name === undefined) continue
    if (number !== KEYWORDS) texts[name] ??= text
    else if (keywords.length < MAX_KEYWORDS && !keywords.includes(text)) keywords.push(text)
  }
  return { ...texts, ...(keywords.length > 0 && { keywords }) }
}

const RESOURCE = Buffer.from('8BIM\x04\x04', 'latin1')

/** The records among the resources that Photoshop puts there: a name of even length, a size, and they. */
function recordsOf(data: Buffer): Buffer {
  const at = data.indexOf(RESOURCE)
  if (at < 0) return data
  const name = at + RESOURCE.length
  if (name >= data.length) return data.subarray(data.length)
  const size = name + 1 + (data[name] as number)
  const begin = size + ((size - name) % 2) + 4
  return begin > data.length ? data.subarray(data.length) : data.subarray(begin, begin + data.readUInt32BE(begin - 4))
}

/** Those of record 2. It ends where something else begins, or one with a length of its own kind: none of ours is that long. */
function* dataSets(records: Buffer): Generator<readonly [number, Buffer]> {
  for (let at = 0; at + 5 <= records.length && records[at] === 0x1c; ) {
    const length = records.readUInt16BE(at + 3)
    const end = at + 5 + length
    if (length > 0x7fff || end > records.length) return
    if (records[at + 1] === 2) yield [records[at + 2] as number, records.subarray(at + 5, end)]
    at = end
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Most say nowhere in what they are written: what is no UTF-8 is taken for Latin-1. */
function textOf(value: Buffer): string {
  let text: string
  try {
    text = utf8.decode(value)
  } catch {
    text = value.toString('latin1')
  }
  return tidy(text)
}

/** One line, not too long, and sound Unicode. */
export function tidy(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_TEXT)
    .toWellFormed()
}
