import { formatNumber } from '../../web/format.ts'
import { MAX_LINE_BYTES, SHOWN_LINE_LENGTH } from './limits.ts'
import { CannotConvert } from './refusal.ts'

const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20

/** Where in a value one is. */
type State = 'start' | 'plain' | 'quoted' | 'quote'

/**
 * Goes through a text of separated values byte by byte and says what is wrong with it and where; what is not wrong comes
 * out again with every line ended alike, and without empty lines before the first.
 *
 * @param chunks UTF-8
 * @param width how many values each line has to have
 * @throws CannotConvert naming the line
 */
export async function* walk(
  chunks: AsyncIterable<Buffer>,
  { delimiter, width }: { readonly delimiter: string; readonly width: number },
): AsyncGenerator<Buffer> {
  const separator = delimiter.charCodeAt(0)
  let state: State = 'start'
  let values = 1
  /** Of the file, from 1; a record may have several. */
  let line = 1
  let recordLine = 1
  let openedLine = 1
  let recordBytes = 0
  let any = false
  let wasCr = false
  /** The beginning of the record, where it lies in an earlier chunk. */
  let carried: Buffer = Buffer.alloc(0)
  let chunk: Buffer = Buffer.alloc(0)
  let recordFrom = 0

  function fail(what: string): never {
    const shown = Buffer.concat([carried, chunk.subarray(recordFrom, recordFrom + SHOWN_BYTES)]).toString()
    throw new CannotConvert(`line ${formatNumber(recordLine)} ${what}${shown.trim() === '' ? '' : `: ${cut(shown)}`}`)
  }

  /** @returns whether it was a record, and not an empty line */
  function endRecord(): boolean {
    const isEmpty = values === 1 && state === 'start'
    if (!isEmpty && values !== width) {
      const others = any ? 'the others have' : 'the first line has'
      fail(`has ${formatNumber(values)} ${values === 1 ? 'value' : 'values'} where ${others} ${formatNumber(width)}`)
    }
    any ||= !isEmpty
    state = 'start'
    values = 1
    recordBytes = 0
    carried = Buffer.alloc(0)
    return !isEmpty
  }

  for await (chunk of chunks) {
    const out = Buffer.allocUnsafe(chunk.length)
    let written = 0
    recordFrom = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (byte === LF && wasCr && state !== 'quoted') {
        // The second half of an ending that was already counted.
        wasCr = false
        recordFrom = at + 1
        continue
      }
      if (byte === LF ? !wasCr : byte === CR) line++
      wasCr = byte === CR
      recordBytes++
      if (recordBytes > MAX_LINE_BYTES) fail(`is longer than ${formatNumber(MAX_LINE_BYTES)} bytes`)
      if (state === 'quoted') {
        if (byte === QUOTE) state = 'quote'
        out[written++] = byte
        continue
      }
      if (byte === LF || byte === CR) {
        if (endRecord() || any) out[written++] = LF
        recordFrom = at + 1
        recordLine = line
        continue
      }
      out[written++] = byte
      if (byte === separator) {
        state = 'start'
        values++
      } else if (byte === QUOTE && (state === 'start' || state === 'quote')) {
        if (state === 'start') openedLine = line
        state = 'quoted'
      } else if (state === 'start') {
        if (byte !== SPACE) state = 'plain'
      } else if (state === 'quote' && byte !== SPACE) {
        fail(`goes on after the closing quote of value ${formatNumber(values)}`)
      }
    }
    if (carried.length < SHOWN_BYTES) {
      carried = Buffer.concat([carried, chunk.subarray(recordFrom, recordFrom + SHOWN_BYTES)])
    }
    yield out.subarray(0, written)
  }
  chunk = Buffer.alloc(0)
  if (state === 'quoted') {
    recordLine = openedLine
    fail('opens a quote that is never closed')
  }
  endRecord()
}

const SHOWN_BYTES = SHOWN_LINE_LENGTH * 4

function cut(text: string): string {
  const [line = ''] = text.trim().split(/[\r\n]/)
  return line.length > SHOWN_LINE_LENGTH ? `${line.slice(0, SHOWN_LINE_LENGTH)}…` : line
}
