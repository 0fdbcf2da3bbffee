import { asText } from '../inspection/text.ts'
import type { TextJob } from './jobs.ts'
import type { Ranges } from './ranges.ts'
import { condense, withoutTags } from './words.ts'

/** The words of a text document, from as much of it as may be read. @throws Error for what is no text */
export async function documentWords({ size, read }: Ranges, { contentType, maxBytes }: TextJob): Promise<string> {
  const wanted = Math.min(size, maxBytes)
  const found = asText(await read(0, wanted), wanted === size)
  if (found === undefined) throw new Error('It is no text')
  const text = found.text.replace(/^\uFEFF/, '')
  return condense(/html|xml/.test(contentType) ? withoutTags(text) : text)
}
