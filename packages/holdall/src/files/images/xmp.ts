import { SaxesParser } from 'saxes'
import { type Iptc, MAX_KEYWORDS, MAX_TEXT, tidy } from './iptc.ts'

/** Bytes. Editors keep their whole history in there: what is larger is not read. */
export const MAX_PACKET = 1_048_576
/** Elements within each other; what we look for is six deep. */
export const MAX_DEPTH = 64

const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#'
const DUBLIN_CORE = 'http://purl.org/dc/elements/1.1/'
const PHOTOSHOP = 'http://ns.adobe.com/photoshop/1.0/'
/** What is kept, under the names that the same has in IPTC. Never where it was taken. */
const NAMES: ReadonlyMap<string, string> = new Map([
  [`${DUBLIN_CORE}title`, 'title'],
  [`${DUBLIN_CORE}subject`, 'keywords'],
  [`${DUBLIN_CORE}creator`, 'creator'],
  [`${DUBLIN_CORE}description`, 'caption'],
  [`${DUBLIN_CORE}rights`, 'copyright'],
  [`${PHOTOSHOP}Headline`, 'headline'],
  [`${PHOTOSHOP}Credit`, 'credit'],
])

/** The end of what is read. */
class Enough extends Error {}

/**
 * What an archivist wrote into a picture, as XMP has it. Whatever is wrong with the packet, it is read as far as it goes;
 * entities of its own are not expanded, and nothing is fetched.
 */
export function readXmp(packet: Buffer): Iptc {
  const found = createFound()
  if (packet.length > MAX_PACKET) return found.all()
  const parser = new SaxesParser({ xmlns: true })
  let depth = 0
  /** Where `rdf:RDF` is; what describes the picture itself stands two below it, what it was made of deeper. */
  let root: number | undefined
  let property: string | undefined
  let text = ''
  parser.on('opentag', ({ uri, local, attributes }) => {
    depth += 1
    if (depth > MAX_DEPTH) throw new Enough()
    text = ''
    if (uri === RDF && local === 'RDF') root ??= depth
    else if (root !== undefined && depth === root + 1) {
      for (const one of Object.values(attributes)) found.add(NAMES.get(`${one.uri}${one.local}`), one.value)
    } else if (root !== undefined && depth === root + 2) property = NAMES.get(`${uri}${local}`)
  })
  function read(more: string): void {
    if (property !== undefined && text.length < MAX_TEXT) text += more.slice(0, MAX_TEXT)
  }
  parser.on('text', read)
  parser.on('cdata', read)
  parser.on('closetag', ({ uri, local }) => {
    const isWhole = root !== undefined && depth === root + 2
    if (isWhole || (uri === RDF && local === 'li')) found.add(property, text)
    if (isWhole) property = undefined
    text = ''
    depth -= 1
  })
  parser.on('error', () => {
    throw new Enough()
  })
  try {
    // The padding behind a packet may be anything.
    parser.write(packet.toString('utf8').replace(/^\uFEFF/, '')).close()
  } catch (error) {
    if (!(error instanceof Enough)) throw error
  }
  return found.all()
}

function createFound() {
  const texts: Record<string, string> = {}
  const keywords: string[] = []
  return {
    add(name: string | undefined, value: string): void {
      const text = tidy(value)
      if (name === undefined || text === '') return
      if (name === 'keywords') {
        if (keywords.length < MAX_KEYWORDS && !keywords.includes(text)) keywords.push(text)
      } else if (name === 'creator' && texts.creator !== undefined) {
        texts.creator = tidy(`${texts.creator}, ${text}`)
      } else texts[name] ??= text
    },
    all: (): Iptc => ({ ...texts, ...(keywords.length > 0 && { keywords }) }),
  }
}

/** Both say the same in most pictures; where they differ, `first` is believed, and keywords of both are kept. */
export function withXmp(first: Iptc, xmp: Iptc): Iptc {
  const keywords = [...new Set([first, xmp].flatMap((one) => one.keywords ?? []))].slice(0, MAX_KEYWORDS)
  return { ...xmp, ...first, ...(keywords.length > 0 && { keywords }) }
}
