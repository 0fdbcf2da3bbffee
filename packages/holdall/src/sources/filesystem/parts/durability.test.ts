import assert from 'node:assert/strict'
import { readlinkSync } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bytes, inChunks } from '../../contract/bodies.ts'
import { openMultipart } from './test-child.ts'

const PART_BYTES = 2_500_000
const PARTS = 6
const RECEIPT_BYTES = 64
const ROUNDS = 2

/** One write, as a disk sees it: until a flush that began after it had ended, it may be there or not. */
interface Write {
  readonly file: string
  readonly part: number
  /** Of receipts: whether one is given, and not withdrawn. */
  readonly gives: boolean
  state: 'running' | 'in memory' | 'on disk'
}

/** A power cut cannot be had in a test. But what may be on the disk at any moment follows from what Node is asked for. */
describe('what is on disk before what', { skip: process.platform === 'linux' ? false : 'needs /proc' }, () => {
  let root: string
  const writes: Write[] = []
  const counts = { given: 0, withdrawn: 0, flushes: 0 }
  let failing = false
  let putBack = () => {}

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'holdall-parts-order-'))
    putBack = await watchHandles({
      writes,
      counts,
      check,
      fails() {
        const fails = failing
        failing = false
        return fails
      },
    })
  })
  after(async () => {
    putBack()
    await rm(root, { recursive: true })
  })

  test('a receipt is withdrawn before its range is written, and given after that is on disk', async () => {
    const { multipart, upload, send } = await begin('a/b')
    for (let round = 0; round < ROUNDS; round += 1) {
      await Promise.all(
        Array.from({ length: PARTS }, async (_, at) => {
          const number = at + 1
          await send(number, round)
          const own = writes.filter(({ part }) => part === number)
          assert.ok(
            own.every(({ state }) => state === 'on disk'),
            'what was acknowledged is on disk',
          )
        }),
      )
    }
    assert.deepEqual([counts.given, counts.withdrawn], [ROUNDS * PARTS, PARTS])
    assert.ok(counts.flushes < (counts.given + counts.withdrawn) * 2, `${counts.flushes} flushes serve several parts`)
    await multipart.abort(upload)
  })

  // The system tells of lost bytes once, and not whose they were.
  test('one flush that fails refuses every part that was being written', async () => {
    const { multipart, upload, send } = await begin('c/d')
    const numbers = Array.from({ length: PARTS }, (_, at) => at + 1)
    failing = true
    for (const result of await Promise.allSettled(numbers.map((number) => send(number, 0)))) {
      assert.equal(result.status === 'rejected' && result.reason.message, 'the disk fails')
    }
    assert.deepEqual((await multipart.listParts(upload)).parts, [])
    await Promise.all(numbers.map((number) => send(number, 0)))
    assert.equal((await multipart.listParts(upload)).parts.length, PARTS)
    await multipart.abort(upload)
  })

  async function begin(path: string) {
    writes.length = 0
    const multipart = await openMultipart(root)
    const planned = { path, size: PARTS * PART_BYTES, partSize: PART_BYTES, token: 'token' }
    const upload = { ...planned, id: await multipart.create(planned) }
    return {
      multipart,
      upload,
      send: async (number: number, seed: number) =>
        await multipart.writePart?.(upload, { number, size: PART_BYTES }, inChunks(bytes(PART_BYTES, number + seed))),
    }
  }

  /** Holds a write that is about to begin against what may be on disk at this moment. */
  function check({ file, part, gives }: Write): void {
    const own = writes.filter((write) => write.part === part)
    if (file === 'receipts' && gives) {
      const lost = own.some((write) => write.file === 'data' && write.state !== 'on disk')
      assert.ok(!lost, `part ${part} gets a receipt while bytes of it are in memory`)
    }
    if (file === 'data') {
      const receipts = own.filter((write) => write.file === 'receipts')
      const sure = receipts.findLastIndex(({ state }) => state === 'on disk')
      const possible = receipts.slice(Math.max(0, sure))
      assert.ok(!possible.some((write) => write.gives), `part ${part} is written while it may have a receipt on disk`)
    }
  }
})

interface Watch {
  readonly writes: Write[]
  readonly counts: { given: number; withdrawn: number; flushes: number }
  check(write: Write): void
  /** Whether the next flush of data fails. */
  fails(): boolean
}

async function watchHandles({ writes, counts, check, fails }: Watch): Promise<() => void> {
  const own = await open(import.meta.filename)
  const handles = Object.getPrototypeOf(own) as FileHandle
  await own.close()
  const { writev, datasync } = handles
  handles.writev = async function watched(this: FileHandle, chunks: Uint8Array[], from: number) {
    const file = fileOf(this)
    const gives = file === 'receipts' && Buffer.concat(chunks).some((byte) => byte !== 0)
    const part = Math.floor(from / (file === 'data' ? PART_BYTES : RECEIPT_BYTES)) + 1
    const write: Write = { file, part, gives, state: 'running' }
    check(write)
    writes.push(write)
    if (file === 'receipts') counts[gives ? 'given' : 'withdrawn'] += 1
    const result = await writev.call(this, chunks, from)
    write.state = 'in memory'
    return result
  } as typeof writev
  handles.datasync = async function watched(this: FileHandle) {
    const file = fileOf(this)
    const covered = writes.filter((write) => write.file === file && write.state === 'in memory')
    counts.flushes += 1
    await datasync.call(this)
    if (file === 'data' && fails()) throw new Error('the disk fails')
    for (const write of covered) write.state = 'on disk'
  }
  return () => Object.assign(handles, { writev, datasync })
}

function fileOf({ fd }: FileHandle): string {
  return basename(readlinkSync(`/proc/self/fd/${fd}`))
}
