import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bytes, inChunks } from '../../contract/bodies.ts'
import { KILL_VARIABLE } from '../../kill-point.ts'
import type { Multipart, MultipartUpload } from '../../multipart.ts'
import { TEMPORARY_FOLDER } from '../root.ts'
import { type Order, openMultipart } from './test-child.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const ROUNDS = LONG ? 16 : 1
const RANDOM_KILLS = LONG ? 400 : 6
const RANDOM_WITHIN_MS = 400
const CHILD = fileURLToPath(new URL('test-child.ts', import.meta.url))

const PART_BYTES = 1_500_000
const LAST_BYTES = 700_000
const PARTS = 3
/** Far more than anything here writes: one that never ends on its own is a failure, not a test that runs for ever. */
const MAX_WRITES = 60

describe('a process that is killed while it writes parts', () => {
  let root: string
  let multipart: Multipart
  let made = 0
  const hit = new Map<string, number>()

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'holdall-parts-kill-'))
    multipart = await openMultipart(root)
    // Makes the folder of temporary files, once: killed before that, nothing of it would be at the same place twice.
    await multipart.abort(await begun([]))
  })
  after(() => rmSync(root, { recursive: true }))

  test('at each write: create', async () => {
    await atEachWrite('create', async (killedAt) => {
      const upload = planned()
      await run({ action: 'create', upload }, killedAt)
      // Who died has told nobody the id, but what is listed is all there.
      for (const { id, path } of await uploads()) {
        assert.equal(path, upload.path)
        await send({ ...upload, id }, 1)
        await multipart.abort({ ...upload, id })
      }
    })
  })

  for (const kind of ['first', 'again'] as const) {
    test(`at each write: a part, ${kind}`, async () => {
      await atEachWrite(`part ${kind}`, async (killedAt) => {
        const upload = await begun(kind === 'first' ? [2, 3] : [1, 2, 3])
        const seed = seedOf(upload, 1) + (kind === 'again' ? 1 : 0)
        const { done } = await run({ action: 'write', upload, number: 1, size: PART_BYTES, seed }, killedAt)
        const listed = await assertListedIsThere(upload)
        assert.ok(listed.includes(2) && listed.includes(3), 'the others are as they were')
        if (done) assert.ok(listed.includes(1))
        await send(upload, 1)
        await multipart.complete(upload, (await multipart.listParts(upload)).parts)
        await assertWhole(upload)
      })
    })
  }

  test('at each write: complete', async () => {
    await atEachWrite('complete', async (killedAt) => {
      const upload = await begun([1, 2, 3])
      const { done } = await run({ action: 'complete', upload }, killedAt)
      const found = await multipart.find(upload)
      if (done) assert.ok(found)
      if (found === undefined) {
        assert.ok(!filesIn(root).includes(upload.path), 'nothing is there before it is complete')
        assert.deepEqual(await assertListedIsThere(upload), [1, 2, 3])
        await multipart.complete(upload, (await multipart.listParts(upload)).parts)
      } else {
        await assert.rejects(multipart.complete(upload, []), { code: 'multipart_gone' })
      }
      await assertWhole(upload)
    })
  })

  test('at each write: abort', async () => {
    await atEachWrite('abort', async (killedAt) => {
      const upload = await begun([1, 3])
      await run({ action: 'abort', upload }, killedAt)
      const left = await assertListedIsThere(upload).catch(({ code }) => code)
      if (left !== 'multipart_gone') assert.deepEqual(left, [1, 3])
      await multipart.abort(upload)
      await assert.rejects(multipart.listParts(upload), { code: 'multipart_gone' })
      assert.ok(!filesIn(root).includes(upload.path))
    })
  })

  test('which writes were hit', (t) => {
    for (const [boundary, count] of [...hit].sort()) t.diagnostic(`${count} × ${boundary}`)
    t.diagnostic(`${[...hit.values()].reduce((sum, count) => sum + count, 0)} kills`)
    for (const needed of [
      'create: create upload',
      'create: create parts',
      'create: create receipts',
      'create: create plan',
      'create: name upload',
      'create: flush folder',
      'part first: claim',
      'part first: write',
      'part first: flush file',
      'part first: give receipt',
      'part first: flush receipt',
      'part first: release',
      'part again: withdraw receipt',
      'part again: flush receipt',
      'part again: write',
      'complete: claim',
      'complete: flush file',
      'complete: create folder',
      'complete: rename',
      'complete: flush folder',
      'complete: release',
      'complete: unname upload',
      'complete: remove upload',
      'abort: unname upload',
      'abort: flush folder',
      'abort: remove upload',
    ]) {
      assert.ok(hit.has(needed), `no kill hit "${needed}"`)
    }
  })

  test('at random moments, while another process writes to the same upload', async (t) => {
    for (let kill = 0; kill < RANDOM_KILLS; kill += 1) {
      const upload = await begun([2])
      const order = { action: 'write', upload, size: PART_BYTES, seed: seedOf(upload, 1) + 1, number: 1 } as const
      const child = start(order)
      const ended = once(child, 'close')
      const others = Promise.allSettled([send(upload, 1), send(upload, 2), send(upload, 3)])
      await sleep(Math.random() * RANDOM_WITHIN_MS)
      child.kill('SIGKILL')
      await ended
      await others
      await assertListedIsThere(upload)
      for (const number of [1, 2, 3]) await send(upload, number)
      await multipart.complete(upload, (await multipart.listParts(upload)).parts)
      await assertWhole(upload)
    }
    await assertSwept()
    t.diagnostic(`${RANDOM_KILLS} kills at random moments`)
  })

  /** Kills at the first write, then the second, until there are no more. */
  async function atEachWrite(name: string, work: (killedAt: number) => Promise<void>): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let at = 1; ; at += 1) {
        assert.ok(at <= MAX_WRITES, 'it ends')
        boundary = undefined
        await work(at)
        await assertSwept()
        if (boundary === undefined) break
        const key = `${name}: ${boundary}`
        hit.set(key, (hit.get(key) ?? 0) + 1)
      }
    }
  }
  let boundary: string | undefined

  async function run(order: Order, killedAt: number): Promise<{ readonly done: boolean }> {
    const child = start(order, killedAt)
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    }
    await once(child, 'close')
    boundary = /killed before \d+: (.*)/.exec(printed)?.[1]
    const done = printed.includes('done\n')
    assert.ok(done || boundary !== undefined, `it was killed, or it was done: ${printed}`)
    return { done }
  }

  function start(order: Order, killedAt = 0) {
    return spawn(process.execPath, [CHILD, root, JSON.stringify(order)], {
      env: { ...process.env, [KILL_VARIABLE]: String(killedAt) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  function planned() {
    made += 1
    const size = (PARTS - 1) * PART_BYTES + LAST_BYTES
    return { path: `${made}/file.bin`, size, partSize: PART_BYTES, token: `token${made}` }
  }

  /** An upload of which these parts are there. */
  async function begun(parts: readonly number[]): Promise<MultipartUpload> {
    const upload = planned()
    const started = { ...upload, id: await multipart.create(upload) }
    for (const number of parts) await send(started, number)
    return started
  }

  async function send(upload: MultipartUpload, number: number): Promise<void> {
    const body = bodyOf(upload, number)
    await multipart.writePart?.(upload, { number, size: body.byteLength }, inChunks(body))
  }

  async function uploads() {
    return (await multipart.listUploads?.())?.uploads ?? []
  }

  /** @returns the numbers of the listed parts, each of which was seen to be on the disk as its receipt says */
  async function assertListedIsThere(upload: MultipartUpload): Promise<number[]> {
    const { parts } = await multipart.listParts(upload)
    const data = readFileSync(join(root, TEMPORARY_FOLDER, upload.id, 'data'))
    for (const { number, size, etag } of parts) {
      const offset = (number - 1) * PART_BYTES
      const part = data.subarray(offset, offset + size)
      assert.equal(createHash('md5').update(part).digest('hex'), etag, `part ${number} has the bytes of its receipt`)
    }
    return parts.map(({ number }) => number)
  }

  async function assertWhole(upload: MultipartUpload): Promise<void> {
    assert.equal((await multipart.find(upload))?.size, upload.size)
    const whole = Buffer.concat([1, 2, 3].map((number) => bodyOf(upload, number)))
    assert.ok(readFileSync(join(root, upload.path)).equals(whole), 'every byte is right')
  }

  /** What a killed process leaves goes with the next start. */
  async function assertSwept(): Promise<void> {
    multipart = await openMultipart(root)
    const temporary = join(root, TEMPORARY_FOLDER)
    assert.deepEqual(existsSync(temporary) ? readdirSync(temporary) : [], [])
  }
})

function seedOf({ token }: MultipartUpload, number: number): number {
  return Number(token.slice('token'.length)) * 10 + number
}

function bodyOf(upload: MultipartUpload, number: number): Buffer {
  return bytes(number < PARTS ? PART_BYTES : LAST_BYTES, seedOf(upload, number))
}

function filesIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).filter((path) => !path.startsWith(TEMPORARY_FOLDER))
}
