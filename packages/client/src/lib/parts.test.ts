import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type FileOnDisk, openFile } from './file.ts'
import { type ScriptedServer, startScriptedServer } from './test-server.ts'
import type { UploadProgress } from './types.ts'
import { discard, unfinished, upload } from './upload.ts'

const MIB = 1024 * 1024
/** Six parts of 4 MiB, the last of them short. */
const SIZE = 21 * MIB + 5
const PARTS = 6

let server: ScriptedServer
let folder: string
let path: string
let bytes: Buffer
let file: FileOnDisk

before(async () => {
  server = await startScriptedServer()
  folder = await mkdtemp(join(tmpdir(), 'holdall-parts-'))
  path = join(folder, 'film.mov')
})
after(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})
beforeEach(async (t) => {
  server.reset()
  bytes = randomBytes(SIZE)
  await writeFile(path, bytes)
  const opened = await openFile(path)
  file = opened
  ;(t as { after?: (work: () => Promise<void>) => void }).after?.(() => opened.close())
})

const target = () => ({ baseUrl: server.baseUrl, source: 's', token: 'secret' })
const sent = () => server.log.filter((one) => one.startsWith('part '))
const stored = () => server.sessions.find(({ status }) => status === 'completed')?.file

function assertStored(): void {
  const hash = (data: Buffer | undefined) => data && createHash('sha256').update(data).digest('hex')
  assert.equal(hash(stored()), hash(bytes))
}

describe('a large file', () => {
  test('goes in parts, several at once, each once, and is stored as it is', async () => {
    server.fault = async ({ what }) => {
      if (what === 'part') await new Promise((resolve) => setTimeout(resolve, 30))
      return false
    }
    const reports: UploadProgress[] = []
    const result = await upload(file, target(), { onProgress: (one) => reports.push(one) })
    assert.equal(result.file_id, 'df-u1')
    assert.equal(result.size, SIZE)
    assertStored()
    assert.equal(sent().length, PARTS)
    assert.ok(server.most >= 3, `${server.most} at once`)
    assert.equal(server.log.filter((one) => one === 'sign').length, 1)
    assert.deepEqual(reports[0], { phase: 'sending', sent: 0, total: SIZE, inFlight: 0, to: 'server', still: true })
    assert.equal(reports.at(-1)?.phase, 'finishing')
    assert.equal(reports.at(-1)?.sent, SIZE)
    assertGrows(reports)
  })

  test('of a kind that browsers have goes the same way', async () => {
    await upload(new File([new Uint8Array(bytes)], 'film.mov'), target(), { concurrency: 2 })
    assertStored()
    assert.ok(server.most <= 2)
  })

  test('carries the checksum that the storage checks', async () => {
    for (const checksum of ['crc32c', 'md5'] as const) {
      server.reset()
      server.plan.checksum = checksum
      await upload(file, target())
      assertStored()
    }
  })

  test('the token is for the server, and never for the storage', async () => {
    const seen = new Map<string, string | undefined>()
    server.fault = ({ what, request }) => {
      seen.set(what, request.headers.authorization)
      if (what === 'part') assert.match(request.headers['x-part'] as string, /^\d+$/)
      return false
    }
    await upload(file, target())
    assert.equal(seen.get('part'), undefined)
    assert.equal(seen.get('sign'), 'Bearer secret')
    assert.equal(seen.get('complete'), 'Bearer secret')
  })

  test('one part that breaks is sent again alone, and what is shown never goes back', async () => {
    server.fault = ({ what, part, before, request }) => {
      if (what !== 'part' || part !== 3 || before > 0) return false
      request.once('data', () => request.socket.destroy())
      return true
    }
    const reports: UploadProgress[] = []
    await upload(file, target(), { onProgress: (one) => reports.push(one) })
    assertStored()
    assert.deepEqual(sent().sort(), ['part 1', 'part 2', 'part 3', 'part 3', 'part 4', 'part 5', 'part 6'])
    assertGrows(reports)
  })

  test('an address that is refused is asked for again at once', async () => {
    server.fault = ({ what, part, before, answer, request }) => {
      if (what !== 'part' || part !== 2 || before > 0) return false
      request.resume()
      answer(403, { ok: false, code: 'part_url_invalid', error: 'This address is no longer good.' })
      return true
    }
    await upload(file, target(), { retries: 0 })
    assertStored()
  })

  test('addresses that end are not used', async () => {
    server.plan.expiresIn = 0
    await upload(file, target(), { concurrency: 1 })
    assertStored()
    assert.ok(server.log.filter((one) => one === 'sign').length >= PARTS)
  })

  test('a storage that goes on refusing is heard in its own words', async () => {
    server.fault = ({ what, request, response }) => {
      if (what !== 'part') return false
      request.resume()
      response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>No such luck.</Message></Error>')
      return true
    }
    await assert.rejects(upload(file, target(), { retries: 0 }), {
      code: 'storage_refused',
      status: 403,
      message: /The storage refused part \d: No such luck\./,
      sessionUrl: '/at/-/files/upload/s/-/sessions/u1',
    })
  })

  test('a storage that is too busy gets half as many at once', async () => {
    const waves: number[] = []
    let atOnce = 0
    const refused = new Set<number>()
    const eight = Promise.withResolvers<void>()
    server.plan.partSize = MIB
    server.fault = async ({ what, part, answer, request }) => {
      if (what !== 'part') return false
      atOnce += 1
      request.once('close', () => {
        atOnce -= 1
      })
      if (refused.has(part) || part > 8) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        waves.push(atOnce)
        return false
      }
      for await (const _ of request);
      // All eight are there when the first is refused: together they are one sign of trouble. One whose connection broke on
      // the way comes once more, and is one of them.
      refused.add(part)
      if (refused.size === 8) eight.resolve()
      await eight.promise
      answer(503, {}, { 'retry-after': '0' })
      return true
    }
    await upload(file, target(), { concurrency: 8 })
    assertStored()
    assert.ok(Math.max(...waves.slice(0, 4)) <= 4, `${waves} at once after eight refusals`)
    assert.ok(Math.max(...waves) > 4, `${waves}: it grows again`)
  })

  test('a part that no longer moves is sent again', async () => {
    server.fault = ({ what, part, before }) => what === 'part' && part === 4 && before === 0
    await upload(file, target(), { stallTimeout: 200 })
    assertStored()
  })

  test('a server that hears and never answers is asked again', async () => {
    server.fault = ({ what, before }) => what === 'sign' && before === 0
    await upload(file, target(), { stallTimeout: 1_000 })
    assertStored()
  })

  test('a server that is away for a moment changes nothing, whatever it was asked', async () => {
    const failed = new Set<string>()
    server.fault = ({ what, request }) => {
      if (what === 'part' || failed.has(what)) return false
      failed.add(what)
      request.socket.destroy()
      return true
    }
    await upload(file, target())
    assertStored()
    assert.deepEqual([...failed].sort(), ['complete', 'parts', 'prepare', 'sessions', 'sign'])
  })

  test('an answer to complete that gets lost is asked for again', async () => {
    server.fault = ({ what, before, response, request }) => {
      if (what === 'complete' && before === 0) response.end = () => request.socket.destroy() as never
      return false
    }
    assert.equal((await upload(file, target())).file_id, 'df-u1')
  })

  test('what storage lacks at the end is sent again', async () => {
    server.fault = ({ what, before }) => {
      if (what === 'complete' && before === 0) server.sessions[0]?.parts.delete(5)
      return false
    }
    await upload(file, target())
    assertStored()
    assert.equal(sent().filter((one) => one === 'part 5').length, 2)
  })

  test('a file that changes while it is sent is not completed', async () => {
    server.fault = async ({ what, part }) => {
      if (what === 'part' && part === 6) await utimes(path, 1, 1)
      return false
    }
    await assert.rejects(upload(file, target()), { code: 'file_changed', retryable: false })
    assert.equal(stored(), undefined)
  })

  test('a file that becomes shorter is not completed', async () => {
    server.fault = async ({ what, before }) => {
      if (what === 'sign' && before === 0) await truncate(path, 5 * MIB)
      return false
    }
    await assert.rejects(upload(file, target()), { code: 'file_changed' })
  })

  test('an upload that somebody gave up is not begun again behind their back', async () => {
    server.fault = ({ what, part }) => {
      const session = server.sessions[0]
      if (what === 'part' && part === 3 && session) session.status = 'aborted'
      return false
    }
    await assert.rejects(upload(file, target()), { code: 'upload_gone' })
    assert.equal(server.sessions.length, 1)
  })

  test('an upload that somebody else completed too early goes on where it was', async () => {
    server.fault = ({ what, part, before, answer, request }) => {
      if (what !== 'part' || part !== 3 || before > 0) return false
      request.resume()
      answer(409, { ok: false, code: 'upload_not_open', error: 'This upload is completing. Prepare a new one.' })
      return true
    }
    await upload(file, target(), { concurrency: 1 })
    assertStored()
    assert.equal(server.sessions.length, 1)
    assert.equal(sent().length, PARTS + 1, 'only what was refused is sent again')
  })

  test('an upload whose parts the storage has forgotten is begun again', async () => {
    server.fault = ({ what, before, answer, request }) => {
      if (what !== 'complete' || before > 0) return false
      request.resume()
      answer(410, { ok: false, code: 'multipart_gone', error: 'The storage no longer has the parts of this upload.' })
      return true
    }
    await upload(file, target())
    assertStored()
    assert.equal(server.sessions.length, 2)
  })

  test('an upload that the server has forgotten is begun again', async () => {
    server.fault = ({ what, part, before }) => {
      if (what === 'part' && part === 3 && before === 0)
        server.sessions.splice(0, 1, { ...server.sessions[0], id: 'gone' } as never)
      return false
    }
    await upload(file, target())
    assertStored()
  })
})

describe('an upload that was stopped', () => {
  /** The next part is with the server, which does away with it: nothing arrives any more that was on its way. */
  async function stopAfter(parts: number): Promise<void> {
    const stop = new AbortController()
    server.fault = async ({ what, part, request }) => {
      if (what !== 'part' || part !== parts + 1) return false
      stop.abort()
      await buffer(request).catch(() => undefined)
      return true
    }
    const sending = upload(file, target(), { signal: stop.signal, concurrency: 1 })
    await assert.rejects(sending, { code: 'aborted', sessionUrl: '/at/-/files/upload/s/-/sessions/u1' })
    await server.idle()
    server.fault = () => false
  }

  test('is gone on with: only what is missing is sent', async () => {
    await stopAfter(3)
    const held = server.sessions[0]?.parts.size ?? 0
    assert.equal(held, 3)
    server.log.length = 0
    const reports: UploadProgress[] = []
    await upload(file, target(), { onProgress: (one) => reports.push(one) })
    assertStored()
    assert.equal(server.sessions.length, 1)
    assert.equal(sent().length, PARTS - held)
    assert.ok(reports.some(({ compared = 0 }) => compared >= held * 4 * MIB))
    const first = reports.find(({ compared }) => compared === undefined)
    assert.equal(first?.sent, held * 4 * MIB)
    assertGrows(reports.filter(({ compared }) => compared === undefined))
  })

  test('is gone on with by checksum where the storage remembers it', async () => {
    server.plan.checksum = 'md5'
    await stopAfter(3)
    await upload(file, target())
    assertStored()
    assert.equal(server.sessions.length, 1)
  })

  test('is not gone on with when asked not to', async () => {
    await stopAfter(3)
    await upload(file, target(), { resume: false })
    assertStored()
    assert.equal(server.sessions.length, 2)
  })

  test('another file of the same name and size begins anew, and the older one is not touched', async () => {
    await stopAfter(3)
    const held = new Map(server.sessions[0]?.parts)
    bytes = Buffer.from(bytes)
    bytes.writeUInt8((bytes.readUInt8(4 * MIB + 7) + 1) & 0xff, 4 * MIB + 7)
    await writeFile(path, bytes)
    await using other = await openFile(path)
    await upload(other, target())
    assertStored()
    assert.equal(server.sessions.length, 2)
    assert.deepEqual(
      [...held].map(([number, { etag }]) => [number, etag]),
      [...(server.sessions[0]?.parts ?? [])].map(([number, { etag }]) => [number, etag]),
    )
  })

  test('the one among several that is of this file is found', async () => {
    await stopAfter(3)
    const other = randomBytes(SIZE)
    await writeFile(path, other)
    await using second = await openFile(path)
    const stop = new AbortController()
    await assert.rejects(
      upload(second, target(), { signal: stop.signal, onProgress: ({ sent }) => sent > 0 && stop.abort() }),
    )
    assert.equal(server.sessions.length, 2)
    await writeFile(path, bytes)
    await using again = await openFile(path)
    await upload(again, target())
    assertStored()
    assert.equal(server.sessions.length, 2)
    assert.equal(server.sessions[0]?.status, 'completed')
  })

  test('without proof of its bytes it begins anew', async () => {
    // Nothing is on its way any more that could still arrive.
    await stopAfter(3)
    for (const part of server.sessions[0]?.parts.values() ?? []) part.etag = 'opaque-1'
    await upload(file, target())
    assertStored()
    assert.equal(server.sessions.length, 2)
  })

  test('two files of one name and size at the same time do not share it', async () => {
    const zeros = new Uint8Array(SIZE)
    const ones = new Uint8Array(SIZE)
    ones.fill(1, 20 * MIB)
    server.fault = async ({ what }) => {
      if (what === 'part') await new Promise((resolve) => setTimeout(resolve, 20))
      return false
    }
    const send = (content: Uint8Array<ArrayBuffer>) =>
      upload(new File([content], 'disk.img'), target(), { concurrency: 1 })
    const first = send(zeros)
    while ((server.sessions[0]?.parts.size ?? 0) < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    // So far the first could be the second: they differ only at their ends.
    await Promise.all([first, send(ones)])
    assert.equal(server.sessions.length, 2)
    const files = server.sessions.map(({ file: made }) => made && createHash('sha256').update(made).digest('hex'))
    const expected = [zeros, ones].map((content) => createHash('sha256').update(content).digest('hex'))
    assert.deepEqual(files.sort(), expected.sort())
  })

  test('what another process wrote into it is noticed before it becomes a file', async () => {
    server.fault = ({ what, before }) => {
      if (what === 'parts' && before === 0) {
        const part = server.sessions[0]?.parts.get(2)
        if (part) part.bytes = randomBytes(part.bytes.length)
        if (part) part.etag = createHash('md5').update(part.bytes).digest('hex')
      }
      return false
    }
    await upload(file, target())
    assertStored()
    assert.equal(server.sessions.length, 2)
    assert.equal(server.sessions[0]?.status, 'initiated')
  })

  test('is listed, and can be given up', async () => {
    await stopAfter(3)
    const [found, ...more] = await unfinished(target())
    assert.equal(more.length, 0)
    assert.equal(found?.filename, 'film.mov')
    assert.equal(found?.total_size, SIZE)
    await discard(target(), found as { session_url: string })
    assert.deepEqual(await unfinished(target()), [])
    await discard(target(), { session_url: '/at/-/files/upload/s/-/sessions/never' })
  })
})

function assertGrows(reports: readonly UploadProgress[]): void {
  let sent = 0
  let shown = 0
  for (const one of reports) {
    assert.ok(one.sent >= sent && one.sent <= one.total, `${one.sent} after ${sent}`)
    assert.ok(one.sent + (one.inFlight ?? 0) >= shown, `${one.sent} + ${one.inFlight} after ${shown}`)
    assert.ok(one.sent + (one.inFlight ?? 0) <= one.total)
    sent = one.sent
    shown = one.sent + (one.inFlight ?? 0)
  }
}
