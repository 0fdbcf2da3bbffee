import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
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

  test('is given up while it is paused', async () => {
    const transfer = startUpload(new File([bytes], 'a.mov'), target(), { concurrency: 1 })
    await sent(transfer, 1)
    transfer.pause()
    await transfer.cancel()
    assert.equal(server.sessions[0]?.status, 'aborted')
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
