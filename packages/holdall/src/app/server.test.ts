import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type ListeningServer, listen, STOP_LIMIT_MS } from './server.ts'

/** Far from the limit, on a machine that has other work as well. */
const SOON_MS = STOP_LIMIT_MS / 2

async function open(t: TestContext, server: ListeningServer): Promise<Socket> {
  const socket = connect(server.port, server.host)
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** A server whose answers end when they are told to. */
async function start(t: TestContext) {
  const [asked, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const server = await listen(
    async () => {
      asked.resolve()
      await go.promise
      return new Response('x'.repeat(5_000_000))
    },
    { host: '127.0.0.1', port: 0 },
  )
  t.after(() => go.resolve())
  return { server, asked: asked.promise, go: go.resolve }
}

async function close(server: ListeningServer): Promise<void> {
  const began = performance.now()
  await server.close()
  const took = Math.round(performance.now() - began)
  assert.ok(took < SOON_MS, `a stop took ${took} ms`)
}

test('a stop does not wait for a connection on which nothing was asked', async (t) => {
  const { server, asked, go } = await start(t)
  const idle = await open(t, server)
  const other = await open(t, server)
  // Another one has been answered, so that the first one is known to the server for certain.
  other.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await asked
  go()
  other.resume()
  idle.resume()
  const closed = once(idle, 'close')
  await close(server)
  await closed
})

test('it waits for an answer under way, and for nothing after it where the connection is kept alive', async (t) => {
  const { server, asked, go } = await start(t)
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: server.host, port: server.port, agent }, resolve).on('error', reject)
  })
  await asked
  const closing = close(server)
  go()
  let length = 0
  for await (const chunk of await answer) length += (chunk as Buffer).length
  assert.equal(length, 5_000_000)
  await closing
})

test('a request whose beginning has come is answered', async (t) => {
  const { server, go } = await start(t)
  go()
  const socket = await open(t, server)
  socket.write('GET / HTTP/1.1\r\n')
  const other = await open(t, server)
  other.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  // What was sent before has been read by then.
  await other.resume().toArray()
  const closing = close(server)
  socket.write('Host: x\r\n\r\n')
  const answer = Buffer.concat((await socket.toArray()) as Buffer[]).toString('latin1')
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  await closing
})
