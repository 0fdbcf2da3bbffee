import { chunkMemory, keepYoungSmall } from './chunk-memory.ts'

/** Bytes whose chunks may also be borrowed: one is gone, and its memory with it, once the next is asked for. */
interface Lending extends AsyncIterable<Uint8Array> {
  borrow(): AsyncIterable<Uint8Array>
}

/**
 * The chunks of a body for who is done with each when he asks for the next; where a body does not lend, as they come.
 * Only who reads the body itself can borrow: what was made of it, and may be read by others too, lends nothing.
 */
export function borrowed(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return lends(body) ? body.borrow() : body
}

export function lends(body: AsyncIterable<Uint8Array>): body is Lending {
  return 'borrow' in body
}

/** @param read the chunks as they come; nobody else may know of them */
export function lending(read: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const body: Lending = {
    [Symbol.asyncIterator]: () => counted(read()),
    borrow: () => takenBack(read()),
  }
  return body
}

/** A body that goes through something on its way. Who borrows from it borrows from the first. */
export function through(
  body: AsyncIterable<Uint8Array>,
  pass: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const passing = { [Symbol.asyncIterator]: () => pass(body)[Symbol.asyncIterator]() }
  if (!lends(body)) return passing
  const lendingToo: Lending = { ...passing, borrow: () => pass(body.borrow()) }
  return lendingToo
}

async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    chunkMemory.received(chunk.byteLength)
    yield chunk
  }
}

async function* takenBack(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  keepYoungSmall()
  for await (const chunk of chunks) {
    yield chunk
    const { buffer } = chunk
    // Of a buffer that others have a piece of as well, nothing is ours to take.
    if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength) buffer.transfer(0)
  }
}
