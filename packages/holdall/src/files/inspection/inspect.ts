import type { Storage } from '../../sources/storage.ts'
import type { Facts, InspectQuestion } from '../../uploads/inspection.ts'
import { ChildFailure } from '../children/child-process.ts'
import { DECODABLE, type FactsJob, type ImageFacts } from '../images/jobs.ts'
import type { ImagePool } from '../images/pool.ts'
import type { Parsers } from '../parsing/parsers.ts'
import { asText } from './text.ts'
import { isText } from './words.ts'

/** Nearly every picture says what it is within these first bytes. */
const HEAD_OF_PICTURE = 512 * 1024
/** A picture that keeps its facts further back (TIFF does) is read whole up to this size. */
const MAX_WHOLE_PICTURE = 200 * 1024 * 1024
const HEAD_OF_TEXT = 64 * 1024

/** The processes that read strangers' bytes. */
export interface Readers {
  readonly pool: ImagePool
  readonly parsers: Pick<Parsers, 'media' | 'pdf' | 'text'>
}

/** Reads what a stored file says about itself. A file that nobody understands has no facts; that is no failure. */
export async function inspect(question: InspectQuestion, { pool, parsers }: Readers): Promise<Facts> {
  const { contentType } = question
  if (DECODABLE.has(contentType) || contentType === 'image/bmp') return await pictureFacts(question, pool)
  if (isText(contentType)) return await textFacts(question)
  if (/^(?:audio|video)\//.test(contentType)) return await orNone(parsers.media(question))
  return {}
}

async function pictureFacts(question: InspectQuestion, pool: ImagePool): Promise<Facts> {
  const { size, contentType } = question
  const fromHead = await ask(question, pool, Math.min(size, HEAD_OF_PICTURE))
  const wantsAll = contentType === 'image/tiff' || fromHead === undefined
  if (size <= HEAD_OF_PICTURE || size > MAX_WHOLE_PICTURE || !wantsAll) return fromHead ?? {}
  return (await ask(question, pool, size)) ?? fromHead ?? {}
}

/** `undefined` when these bytes are not a picture that can be understood. */
async function ask(question: InspectQuestion, pool: ImagePool, bytes: number): Promise<ImageFacts | undefined> {
  const { storage, path, contentType, keepGps, signal } = question
  const job: FactsJob = { kind: 'facts', contentType, keepPosition: keepGps }
  try {
    const { header } = await pool.run(job, async (over) => ({
      bytes,
      stream: await head(storage, path, bytes, AbortSignal.any([signal, over])),
    }))
    return header.facts as ImageFacts
  } catch (error) {
    throwUnlessOfBytes(error)
    return undefined
  }
}

async function orNone(facts: Promise<Facts>): Promise<Facts> {
  try {
    return await facts
  } catch (error) {
    throwUnlessOfBytes(error)
    return {}
  }
}

/** Only what is wrong with the bytes means that there are no facts. What kills a reader once would kill it every time. */
function throwUnlessOfBytes(error: unknown): void {
  if (!(error instanceof ChildFailure)) throw error
  if (error.kind === 'source') throw error.cause ?? error
  if (error.kind === 'unavailable') throw error
}

/** Which encoding a text has, so that it can be shown without guessing. */
async function textFacts({ storage, path, size, signal }: InspectQuestion): Promise<Facts> {
  if (size === 0) return {}
  const wanted = Math.min(size, HEAD_OF_TEXT)
  const chunks: Uint8Array[] = []
  for await (const chunk of await head(storage, path, wanted, signal)) chunks.push(chunk)
  const text = asText(Buffer.concat(chunks), wanted === size)
  return text === undefined ? {} : { metadata: { charset: text.charset } }
}

function head(storage: Storage, path: string, length: number, signal: AbortSignal) {
  return storage.read(path, { range: { offset: 0, length }, signal })
}
