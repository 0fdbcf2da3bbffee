// Runs alone: it measures how long the event loop is held.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldallError } from '../../web/error.ts'
import { PARQUET_LIMITS } from './limits.ts'
import { readParquetFooter } from './read.ts'
import { createReadingThread } from './reading-thread.ts'
import { inMemory, madeUp, type Segment } from './test-files.ts'
import { chunkOf, fieldHead, footerOf, listHead, parquetFile, rowGroupOf, thrift } from './test-footers.ts'

const SMALL = thrift(footerOf([{ name: 'a', type: 1 }], 1))
const MIB = 1024 ** 2
/** Of the event loop, in which nobody else gets an answer. */
const MOST_HELD_MS = 20

const small = () => ({ footer: new Uint8Array(SMALL), sizeBytes: SMALL.length + 12, limits: PARQUET_LIMITS })

/** Takes the thread more than a second of processor time. */
function slow() {
  const footer = new Uint8Array(128 * MIB)
  const head = Buffer.concat([SMALL.subarray(0, -1), fieldHead('list', 6), listHead('list', footer.length - 100)])
  footer.fill(0x05)
  footer.set(head)
  return { footer, sizeBytes: footer.length + 12, limits: PARQUET_LIMITS }
}

test('footers are read one after the other, in the order in which they came', async () => {
  const thread = createReadingThread()
  const ends: number[] = []
  await Promise.all(
    [slow(), small(), small()].map((job, n) =>
      thread
        .read(job)
        .catch(() => {})
        .then(() => ends.push(n)),
    ),
  )
  assert.deepEqual(ends, [0, 1, 2])
})

test('a footer that takes too long is given up, and the next one is read', async () => {
  const thread = createReadingThread(400)
  await assert.rejects(thread.read(slow()), (error) => {
    assert.ok(error instanceof HoldallError, String(error))
    assert.deepEqual(
      [error.code, error.values.reason],
      ['parquet_limit_exceeded', 'reading its footer takes more than 0.4 s'],
    )
    return true
  })
  await eventually(() => thread.read(small()))
})

test('whoever gives up waits no longer, in the line and at work, and the next one is read', async () => {
  const thread = createReadingThread()
  const why = new Error('the client went away')
  const [first, second] = [new AbortController(), new AbortController()]
  let isFirstDone = false
  const reads = [
    assert.rejects(thread.read(slow(), first.signal), why).then(() => {
      isFirstDone = true
    }),
    assert.rejects(thread.read(slow(), second.signal), why),
    thread.read(small()),
  ]
  second.abort(why)
  await reads[1]
  assert.equal(isFirstDone, false)
  setTimeout(() => first.abort(why), 20)
  await Promise.all(reads)
  const gone = new AbortController()
  gone.abort(why)
  await assert.rejects(thread.read(small(), gone.signal), why)
})

test('a storage that gives other than it was asked for has failed, not the file', async () => {
  const { file } = inMemory(parquetFile(SMALL))
  const short = { size: file.size + 1, read: file.read }
  await assert.rejects(
    readParquetFooter(short),
    (error) => error instanceof HoldallError && error.code === 'storage_failed',
  )
})

test('the event loop is held for no 20 ms, however large the footer', async () => {
  const columns = Array.from({ length: 100 }, (_, n) => ({ name: `column ${n}`, type: 2, repetition: 1 }))
  const group = thrift(rowGroupOf(columns.map(() => chunkOf(2))))
  const head = thrift(footerOf(columns, columns.length, { 3: ['i64', 3_000], 4: undefined })).subarray(0, -1)
  const many: Segment[] = [
    [Buffer.concat([head, fieldHead('list'), listHead('struct', 3_000)]), 1],
    [group, 3_000],
    [Buffer.of(0), 1],
  ]
  const wide: Segment[] = [
    [
      thrift(
        footerOf(
          Array.from({ length: 10_000 }, (_, n) => ({ name: `column ${n}`, type: 6, converted: 0 })),
          10_000,
        ),
      ),
      1,
    ],
  ]
  for (const footer of [many, wide]) {
    const file = madeUp(footer, 1_000)
    const parts = new Map<string, Uint8Array>()
    // What the storage does is not measured here.
    const ready = {
      size: file.size,
      read: async (position: number, length: number) =>
        parts.get(`${position} ${length}`) ?? file.read(position, length),
    }
    for (const [position, length] of [
      [file.size - 65_536, 65_536],
      [file.size - 8 - file.footerBytes, file.footerBytes],
    ] as const)
      parts.set(`${position} ${length}`, await file.read(position, length))
    await readParquetFooter(madeUp([[SMALL, 1]]))
    const held = await longestTurn(() => readParquetFooter(ready))
    assert.ok(held < MOST_HELD_MS, `${held} ms of one turn`)
  }
})

/** The most processor time that a turn of the event loop took: what else runs on the machine does not count. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let isDone = false
  const done = work().finally(() => {
    isDone = true
  })
  let before = process.threadCpuUsage()
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve))
    const { user, system } = process.threadCpuUsage(before)
    longest = Math.max(longest, (user + system) / 1_000)
    before = process.threadCpuUsage()
  }
  await done
  return longest
}

/** On a busy machine a thread may not even start in the time that the test gives it. */
async function eventually(work: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    try {
      await work()
      return
    } catch (error) {
      assert.ok(error instanceof HoldallError && error.code === 'parquet_limit_exceeded', String(error))
    }
  }
  assert.fail('No thread was started in time')
}
