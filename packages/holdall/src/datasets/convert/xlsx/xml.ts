import { SaxesParser } from 'saxes'
import { CannotConvert } from '../refusal.ts'

export interface XmlHandlers {
  /** @param name without its namespace's prefix */
  open(name: string, attributes: Readonly<Record<string, string>>): void
  close?(name: string): void
  text?(text: string): void
}

/** Enough for a reader to see that no more is wanted. */
export class Enough extends Error {}

/**
 * Reads XML piece by piece. What declares a document type is refused, so that nothing in it can grow by being replaced.
 *
 * @param after called with each piece that was read, to wait for what became of it
 * @throws CannotConvert for what is no XML
 */
export async function readXml(
  chunks: AsyncIterable<Buffer>,
  handlers: XmlHandlers,
  after?: () => Promise<void> | undefined,
): Promise<void> {
  const parser = new SaxesParser({ xmlns: false, position: false })
  parser.on('doctype', () => {
    throw new CannotConvert('it declares a document type in its XML, which no Excel file does')
  })
  parser.on('error', (error) => {
    throw new CannotConvert(`it is no whole Excel file (${error.message})`, { cause: error })
  })
  parser.on('opentag', ({ name, attributes }) => handlers.open(local(name), attributes))
  const { close, text } = handlers
  if (close) parser.on('closetag', ({ name }) => close(local(name)))
  if (text) {
    parser.on('text', text)
    parser.on('cdata', text)
  }
  let decoder: TextDecoder | undefined
  try {
    for await (const chunk of chunks) {
      decoder ??= new TextDecoder(chunk[0] === 0xff && chunk[1] === 0xfe ? 'utf-16le' : 'utf-8')
      parser.write(decoder.decode(chunk, { stream: true }))
      await after?.()
    }
    parser.write(decoder?.decode() ?? '').close()
    await after?.()
  } catch (error) {
    if (!(error instanceof Enough)) throw error
  }
}

function local(name: string): string {
  const colon = name.indexOf(':')
  return colon < 0 ? name : name.slice(colon + 1)
}
