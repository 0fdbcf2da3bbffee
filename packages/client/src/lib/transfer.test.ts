import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ScriptedServer, startScriptedServer } from './test-server.ts'
import { startUpload, type Transfer } from './transfer.ts'

const MIB = 1024 * 1024
const PARTS = 6
const SIZE = 21 * MIB + 5

describe('an upload with handles', () => {
  let server: ScriptedServer
  let bytes: Uint8Array<ArrayBuffer>
  const target = () => ({ baseUrl: server.baseUrl, source: 's' })

  before(async () => {
    server = await startScriptedServer()
  })
  after(() => server.close())
  beforeEach(() => {
    server.reset()
    bytes = new Uint8Array(randomBytes(SIZE))
  })

  async function sent(transfer: Transfer, parts: number): Promise<void> {
    while (transfer.progress.sent < parts * 4 * MIB) await sleep(2)
  }

  test('pauses and goes on without sending or reading anything twice', async () => {
    server.fault = async ({ what }) => {
      if (what === 'part') await sleep(20)
      return false
    }
    let compared = 0
    const transfer = startUpload(new File([bytes], 'a.mov'), target(), {
      concurrency: 1,
      onProgress: (one) => {
        compared += one.compared ?? 0
      },
    })
    await sent(transfer, 2)
    transfer.pause()
    assert.equal(transfer.state, 'paused')
    assert.equal(transfer.resumable, true)
    // What the network already had still arrives.
    await sleep(100)
    await server.idle()
    const held = server.sessions[0]?.parts.size ?? 0
    await sleep(60)
    assert.equal(server.sessions[0]?.parts.size, held, 'nothing is sent during the pause')
    server.log.length = 0
    transfer.resume()
    transfer.pause()
    transfer.resume()
    await transfer.finished
    assert.equal(transfer.state, 'done')
    assert.equal(compared, 0)
    const again = server.log.filter((one) => one.startsWith('part ')).length
    assert.ok(again <= PARTS - 2, `${again} parts were sent after two were acknowledged`)
    assert.deepEqual(new Uint8Array(server.sessions[0]?.file ?? []), bytes)
  })

  test('is given up with all its parts', async () => {
    const transfer = startUpload(new File([bytes], 'a.mov'), target(), { concurrency: 1 })
    await sent(transfer, 2)
    const finished = assert.rejects(transfer.finished, { code: 'aborted' })
    await transfer.cancel()
    await finished
    assert.equal(transfer.state, 'cancelled')
    assert.equal(server.sessions[0]?.status, 'aborted')
    assert.equal(server.sessions[0]?.parts.size, 0)
  })

  test('given up too late it is done, whether in parts or in one body', async () => {
    let asked = Promise.withResolvers<void>()
    let answered = Promise.withResolvers<void>()
    server.fault = async ({ what, answer }) => {
      if (what === 'upload') {
        asked.resolve()
        await answered.promise
        answer(201, { ok: true, file_id: 'df-small', filename: 'a.txt', size: 5 })
        return true
      }
      if (what !== 'complete' || server.sessions[0] === undefined) return false
      // Completed, and its answer never arrives.
      server.sessions[0].file = Buffer.from(bytes)
      server.sessions[0].status = 'completed'
      asked.resolve()
      await answered.promise
      return true
    }
    for (const file of [new File([bytes], 'a.mov'), new File(['small'], 'a.txt')]) {
      asked = Promise.withResolvers()
      answered = Promise.withResolvers()
      const transfer = startUpload(file, target())
      await asked.promise
      const given = transfer.cancel()
      answered.resolve()
      await given
      assert.equal(transfer.state, 'done', file.name)
      assert.equal((await transfer.finished).filename, file.name)
    }
  })

  test('is given up while it is paused', async () => {
    const transfer = startUpload(new File([bytes], 'a.mov'), target(), { concurrency: 1 })
    await sent(transfer, 1)
    transfer.pause()
    await transfer.cancel()
    assert.equal(server.sessions[0]?.status, 'aborted')
  })

  test('is given up while the server still makes it: nothing stays there either', async () => {
    const asked = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    server.fault = async ({ what }) => {
      if (what !== 'prepare') return false
      asked.resolve()
      await answered.promise
      return false
    }
    const transfer = startUpload(new File([bytes], 'a.mov'), target())
    await asked.promise
    const given = transfer.cancel()
    answered.resolve()
    await given
    assert.deepEqual(
      server.sessions.map(({ status }) => status),
      ['aborted'],
    )
    assert.ok(!server.log.includes('part 1'), 'nothing was sent')
  })

  test('what arrives when nobody listens any more is not sent again', async () => {
    let arrived = Promise.withResolvers<void>()
    let paused = Promise.withResolvers<void>()
    server.fault = async ({ what, part, before, request }) => {
      if (what !== 'part' || before > 0 || (part !== 2 && part !== 3)) return false
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      // The third one's bytes are not this file's.
      if (part === 3) body[0] = (body[0] ?? 0) ^ 1
      server.sessions[0]?.parts.set(part, { bytes: body, etag: createHash('md5').update(body).digest('hex') })
      arrived.resolve()
      await paused.promise
      return true
    }
    const transfer = startUpload(new File([bytes], 'a.mov'), target(), { concurrency: 1 })
    for (const _ of [2, 3]) {
      await arrived.promise
      arrived = Promise.withResolvers()
      transfer.pause()
      paused.resolve()
      paused = Promise.withResolvers()
      transfer.resume()
    }
    await transfer.finished
    const sent = (part: number) => server.log.filter((one) => one === `part ${part}`).length
    assert.deepEqual([sent(1), sent(2), sent(3)], [1, 1, 2])
    assert.deepEqual(new Uint8Array(server.sessions[0]?.file ?? []), bytes)
  })

  test('ends with the signal of its caller, also in a pause, and keeps what was sent', async () => {
    const stop = new AbortController()
    const file = new File([bytes], 'a.mov')
    const transfer = startUpload(file, target(), { concurrency: 1, signal: stop.signal })
    await sent(transfer, 2)
    transfer.pause()
    stop.abort()
    await assert.rejects(transfer.finished, { code: 'aborted' })
    assert.equal(transfer.state, 'cancelled')
    transfer.resume()
    assert.equal(transfer.state, 'cancelled')
    assert.equal(server.sessions[0]?.status, 'initiated')
    const late = startUpload(file, target(), { signal: stop.signal })
    await assert.rejects(late.finished, { code: 'aborted' })
  })

  test('a pause that comes before the first answer', async () => {
    const transfer = startUpload(new File([bytes], 'a.mov'), target())
    transfer.pause()
    assert.equal(transfer.resumable, false)
    await sleep(30)
    transfer.resume()
    await transfer.finished
    assert.deepEqual(new Uint8Array(server.sessions.at(-1)?.file ?? []), bytes)
  })

  test('goes on after a failure', async () => {
    let broken = true
    server.fault = ({ what, part, request }) => {
      if (!broken || what !== 'part' || part !== 4) return false
      request.socket.destroy()
      return true
    }
    const transfer = startUpload(new File([bytes], 'a.mov'), target(), { concurrency: 1, retries: 0 })
    await assert.rejects(transfer.finished, { code: 'connection_broken', retryable: true })
    assert.equal(transfer.state, 'failed')
    broken = false
    server.log.length = 0
    transfer.resume()
    await transfer.finished
    assert.deepEqual(
      server.log.filter((one) => one.startsWith('part ')),
      ['part 4', 'part 5', 'part 6'],
    )
  })
})
