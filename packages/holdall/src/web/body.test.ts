import assert from 'node:assert/strict'
import { randomBytes as bytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodyOf, readBytes } from './body.ts'
import type { RouteContext } from './route.ts'

const IDLE_MS = 1_000
const ATTEMPTS = 10

/** Reads one request's body with `read` and answers with what that said. */
async function serving(
  read: (chunks: AsyncIterable<Uint8Array>, incoming: IncomingMessage) => Promise<string>,
  send: (port: number) => Promise<void>,
): Promise<string> {
  const said = Promise.withResolvers<string>()
  const server = createServer({ requestTimeout: 0 }, (incoming, outgoing) => {
    const context = { env: { incoming }, req: { header: () => undefined } } as unknown as RouteContext
    read(bodyOf(context, IDLE_MS).chunks, incoming)
      .catch((error) => error.code ?? String(error))
      .then((answer) => {
        outgoing.end(answer)
        said.resolve(answer)
      })
  })
  server.listen(0)
  await once(server, 'listening')
  await send((server.address() as AddressInfo).port)
  const answer = await said.promise
  server.closeAllConnections()
  server.close()
  return answer
}

function open(port: number, length: number) {
  const sending = request({ port, method: 'POST', headers: { 'Content-Length': length } })
  sending.on('error', () => {})
  return sending
}

async function size(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let total = 0
  for await (const chunk of chunks) total += chunk.byteLength
  return `${total}`
}

test('every byte arrives, also to a slow reader', async () => {
  const body = bytes(3_000_000)
  const answer = await serving(
    async (chunks) => {
      const read: Uint8Array[] = []
      for await (const chunk of chunks) {
        read.push(chunk)
        if (read.length % 10 === 0) await sleep(1)
      }
      return String(Buffer.concat(read).equals(body))
    },
    async (port) => void open(port, body.length).end(body),
  )
  assert.equal(answer, 'true')
})

test('a client that stalls is told so; one that we keep waiting is not', async () => {
  const stalled = await serving(size, async (port) => void open(port, 100).write('some'))
  assert.equal(stalled, 'upload_stalled')
  const waited = await serving(
    async (chunks) => {
      let total = 0
      for await (const chunk of chunks) {
        total += chunk.byteLength
        await sleep(IDLE_MS * 1.5)
      }
      return `${total}`
    },
    async (port) => void open(port, 100).end(bytes(100)),
  )
  assert.equal(waited, '100')
})

test('a client that sends now and then is waited for', async () => {
  // Where this process itself stands still for so long, its client stalls: one time that it did not shows it.
  for (let attempt = 1; ; attempt += 1) {
    let longest = 0
    const answer = await serving(size, async (port) => {
      const sending = open(port, 6)
      for (let part = 0; part < 6; part += 1) {
        sending.write('x')
        const began = performance.now()
        await sleep(IDLE_MS / 4)
        longest = Math.max(longest, performance.now() - began)
      }
      sending.end()
    })
    if (answer === '6') return
    assert.ok(longest > IDLE_MS / 2 && attempt < ATTEMPTS, `${answer}, with ${longest} ms between two writes`)
  }
})

test('a client that goes away is noticed', async () => {
  const seen = Promise.withResolvers<void>()
  const answer = await serving(
    async (chunks) => {
      for await (const _ of chunks) seen.resolve()
      return 'the end'
    },
    async (port) => {
      const sending = open(port, 1_000)
      sending.write('some')
      await seen.promise
      sending.destroy()
    },
  )
  assert.equal(answer, 'upload_interrupted')
})

test('reading that stops early leaves a request that can still be answered', async () => {
  let answered = ''
  await serving(
    async (chunks) => {
      for await (const _ of chunks) break
      return 'enough'
    },
    async (port) => {
      const sending = open(port, 1_000_000)
      sending.write(bytes(900_000))
      const [response] = await once(sending, 'response')
      for await (const chunk of response) answered += chunk
    },
  )
  assert.equal(answered, 'enough')
})

test('a short body is read to its end, refused when it is longer, and not waited for when it stalls', async () => {
  function reading(body: Uint8Array | undefined, length: number) {
    return serving(
      async (_chunks, incoming) => {
        const context = { env: { incoming }, req: { header: () => undefined } } as unknown as RouteContext
        return `${(await readBytes(context, 100, IDLE_MS)).length}`
      },
      async (port) => {
        const sending = open(port, length)
        if (body === undefined) sending.write('some')
        else sending.end(body)
      },
    )
  }
  assert.equal(await reading(bytes(100), 100), '100')
  assert.equal(await reading(bytes(101), 101), 'body_too_large')
  assert.equal(await reading(undefined, 50), 'upload_stalled')
})
