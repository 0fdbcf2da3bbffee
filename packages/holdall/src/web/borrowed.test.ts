import assert from 'node:assert/strict'
import { test } from 'node:test'
import { borrowed, lending, through } from './borrowed.ts'

const PIECES = ['one', 'two', 'three']

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (const piece of PIECES) yield new Uint8Array(Buffer.from(piece))
}

/** What the chunks say while one has them, and what is left of them in the end. */
async function read(chunks: AsyncIterable<Uint8Array>): Promise<{ said: string[]; left: number[] }> {
  const said: string[] = []
  const had: Uint8Array[] = []
  for await (const chunk of chunks) {
    said.push(Buffer.from(chunk).toString())
    had.push(chunk)
  }
  return { said, left: had.map((chunk) => chunk.byteLength) }
}

test('a chunk that is borrowed is gone once the next is asked for', async () => {
  assert.deepEqual(await read(borrowed(lending(pieces))), { said: PIECES, left: [0, 0, 0] })
})

test('a chunk that is not borrowed is the reader’s', async () => {
  assert.deepEqual(await read(lending(pieces)), { said: PIECES, left: [3, 3, 5] })
})

test('who borrows behind something borrows from the first', async () => {
  async function* loud(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      for (const [at, byte] of chunk.entries()) chunk[at] = byte & ~32
      yield chunk
    }
  }
  const said = PIECES.map((piece) => piece.toUpperCase())
  assert.deepEqual(await read(borrowed(through(lending(pieces), loud))), { said, left: [0, 0, 0] })
  assert.deepEqual(await read(through(lending(pieces), loud)), { said, left: [3, 3, 5] })
})

test('a body that does not lend is read as it is, also by who would borrow', async () => {
  assert.deepEqual(await read(borrowed(pieces())), { said: PIECES, left: [3, 3, 5] })
  assert.deepEqual(await read(borrowed(through(pieces(), (chunks) => chunks))), { said: PIECES, left: [3, 3, 5] })
})

test('what was made of a body lends nothing: two may read it', async () => {
  const kept: Uint8Array[] = []
  async function* keeping(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      kept.push(chunk)
      yield chunk
    }
  }
  await read(borrowed(keeping(lending(pieces))))
  assert.deepEqual(
    kept.map((chunk) => Buffer.from(chunk).toString()),
    PIECES,
  )
})

test('a piece of a buffer that others have a piece of is left as it is', async () => {
  const shared = new Uint8Array(Buffer.from('onetwo'))
  async function* halves(): AsyncGenerator<Uint8Array> {
    yield shared.subarray(0, 3)
    yield shared.subarray(3)
  }
  assert.deepEqual(await read(borrowed(lending(halves))), { said: ['one', 'two'], left: [3, 3] })
})
