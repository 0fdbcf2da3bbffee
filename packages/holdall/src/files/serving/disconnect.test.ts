import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createHttp } from '../../app/http.ts'
import { type ListeningServer, listen } from '../../app/server.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Bytes that somebody still holds: what waits to be collected may be many times as much, and says nothing. */
function keptBytes(): number {
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

const SIZE = 32 * 1024 * 1024

let room: TestFiles
let server: ListeningServer
let id: string
/** Before anything was asked for. */
let kept: number

before(async () => {
  room = await openTestFiles()
  server = await listen(createHttp(room.routes, room.hooks).fetch, { port: 0, host: '127.0.0.1' })
  const answer = await fetch(`${origin()}/-/files/upload/photos?filename=big.bin`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice' },
    body: randomBytes(SIZE),
  })
  id = ((await answer.json()) as { file_id: string }).file_id
  kept = keptBytes()
})
after(async () => {
  await server.close()
  await room.close()
})

function origin(): string {
  return `http://127.0.0.1:${server.port}`
}

/** How many files of the source this process holds open. */
function openHandles(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(room.root)
    } catch {
      return false
    }
  }).length
}

async function soonNone(): Promise<void> {
  for (let waited = 0; openHandles() > 0 && waited < 5_000; waited += 20) await sleep(20)
  assert.equal(openHandles(), 0)
}

/** Asks, reads a little, and is gone. */
function abandon(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(`GET /-/files/${id}/download HTTP/1.1\r\nHost: x\r\nX-Actor: bob\r\n\r\n`)
    })
    socket.once('data', () => socket.destroy())
    socket.once('close', () => resolve())
    socket.once('error', reject)
  })
}

test('a client that goes away leaves no file open', { skip: process.platform !== 'linux' }, async () => {
  await Promise.all(Array.from({ length: 50 }, abandon))
  await soonNone()
  const head = await fetch(`${origin()}/-/files/${id}/download`, { method: 'HEAD', headers: { 'X-Actor': 'bob' } })
  assert.equal(head.headers.get('Content-Length'), String(SIZE))
  await soonNone()
  const range = await fetch(`${origin()}/-/files/${id}/download`, { headers: { 'X-Actor': 'bob', Range: 'bytes=1-9' } })
  assert.equal((await range.arrayBuffer()).byteLength, 9)
  await soonNone()
})

test('a large file goes out in pieces, not through memory', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => fetch(`${origin()}/-/files/${id}/download`, { headers: { 'X-Actor': 'bob' } })),
  )
  let most = 0
  let received = 0
  let measureAt = SIZE
  await Promise.all(
    answers.map(async (answer) => {
      let size = 0
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
        size += chunk.length
        received += chunk.length
        if (received < measureAt) continue
        measureAt += SIZE
        most = Math.max(most, keptBytes() - kept)
      }
      assert.equal(size, SIZE)
    }),
  )
  assert.ok(most < 2 * SIZE, `${most} bytes more for 8 × ${SIZE}`)
  await soonNone()
})
