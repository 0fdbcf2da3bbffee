import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type InternalDatabase, openInternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'
import { createLog } from '../../web/log.ts'
import { ChildFailure } from '../children/child-process.ts'
import { createWorkQueue, enqueueWork, LEASE_MS, type Work } from './queue.ts'
import { createWorker, type Job, MAX_ATTEMPTS } from './worker.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-work-'))
const path = join(folder, 'internal.db')
let database: InternalDatabase
let other: InternalDatabase
before(async () => {
  database = await openInternalDatabase(path)
  other = await openInternalDatabase(path)
})
afterEach(() => database.write((trx) => trx.deleteFrom('datasette_files_work').execute()))
after(async () => {
  await database.close()
  await other.close()
  rmSync(folder, { recursive: true })
})

const log = createLog(() => {})
let time = Date.now()
const now = () => time

function enqueue(...ids: string[]) {
  return database.write((trx) => enqueueWork(trx, ids, ['text'], now))
}

async function rows() {
  return await database.read.selectFrom('datasette_files_work').selectAll().orderBy('file_id').execute()
}

/** Works until nothing is due or under way, and a little longer. */
async function workOff(job: Job, on = database) {
  const worker = createWorker({
    database: on,
    jobs: { facts: job, hash: job, text: job, whole: job },
    log,
    now,
    lookEveryMs: 20,
  })
  worker.start()
  for (let quiet = 0; quiet < 5; quiet += 1) {
    await sleep(30)
    const isOpen = (await rows()).some(
      ({ not_before, lease_process }) => lease_process !== null || not_before <= new Date(now()).toISOString(),
    )
    if (isOpen) quiet = 0
  }
  await worker.close()
}

test('two processes share the work and do nothing twice', async () => {
  const ids = Array.from({ length: 40 }, (_, at) => `f${at}`)
  await enqueue(...ids)
  const done: string[] = []
  const job: Job = async ({ fileId }) => {
    done.push(fileId)
    await sleep(2)
    return undefined
  }
  await Promise.all([workOff(job), workOff(job, other)])
  assert.deepEqual(done.sort(), ids.sort())
  assert.deepEqual(await rows(), [])
})

test('what one process took is left alone until its time is over, or it is dead', async () => {
  await enqueue('a')
  const [mine, theirs] = [createWorkQueue(database, now), createWorkQueue(other, now)]
  const [work] = await mine.claim(5, ['text'])
  assert.equal(work?.attempts, 1)
  assert.deepEqual(await theirs.claim(5, ['text']), [])
  await theirs.releaseDead()
  assert.deepEqual(await theirs.claim(5, ['text']), [], 'this process lives')
  time += LEASE_MS / 2
  await mine.renew([work as Work])
  time += LEASE_MS / 2 + 1
  assert.deepEqual(await theirs.claim(5, ['text']), [])
  time += LEASE_MS
  assert.equal((await theirs.claim(5, ['text']))[0]?.attempts, 2)
  // The first one comes back after all: its row is not its own any more.
  await mine.done(work as Work)
  assert.equal((await rows()).length, 1)

  const dead = `${'0'.repeat(0)}${(await rows())[0]?.lease_process?.replace(/-\d+-\d+$/, '-999999-1')}`
  await database.write((trx) => trx.updateTable('datasette_files_work').set({ lease_process: dead }).execute())
  await mine.releaseDead()
  assert.equal((await mine.claim(5, ['text'])).length, 1)
})

test('what is asked for anew while it is done stays', async () => {
  await enqueue('a')
  const queue = createWorkQueue(database, now)
  const [work] = await queue.claim(1, ['text'])
  time += 5
  await enqueue('a')
  await queue.done(work as Work)
  assert.deepEqual(
    (await rows()).map(({ file_id, attempts }) => [file_id, attempts]),
    [['a', 0]],
  )
})

test('a poison file is tried a few times, later and later, and stops no other', async () => {
  await enqueue('poison', 'b', 'c')
  const tried: string[] = []
  const job: Job = async ({ fileId }) => {
    tried.push(fileId)
    if (fileId === 'poison') throw new Error('cannot be read')
    return undefined
  }
  await workOff(job)
  assert.deepEqual(tried.toSorted(), ['b', 'c', 'poison'])
  for (let attempt = 2; attempt <= MAX_ATTEMPTS; attempt += 1) {
    assert.equal((await rows())[0]?.attempts, attempt - 1)
    time += 3_600_000
    await workOff(job)
  }
  assert.equal(tried.length, MAX_ATTEMPTS + 2)
  assert.deepEqual(await rows(), [])
})

test('a file that kills its reader twice is not given a third one', async () => {
  await enqueue('bomb')
  let tried = 0
  const job: Job = async () => {
    tried += 1
    throw new ChildFailure('memory', 'too much')
  }
  for (let n = 0; n < 4; n += 1) {
    await workOff(job)
    time += 3_600_000
  }
  assert.equal(tried, 2)
})

test('a file that takes the whole server along is not tried for ever', async () => {
  await enqueue('killer')
  const queue = createWorkQueue(database, now)
  for (let crash = 1; crash <= MAX_ATTEMPTS; crash += 1) {
    assert.equal((await queue.claim(1, ['text']))[0]?.attempts, crash)
    time += LEASE_MS + 1
  }
  let tried = 0
  await workOff(async () => {
    tried += 1
    return undefined
  })
  assert.equal(tried, 0)
  assert.deepEqual(await rows(), [])
})

test('a source that is away costs a file none of its attempts', async () => {
  await enqueue('a')
  const job: Job = async () => {
    throw new HoldallError('source_unavailable', { source: 's', reason: '' })
  }
  for (let n = 0; n < MAX_ATTEMPTS + 2; n += 1) {
    await workOff(job)
    assert.equal((await rows())[0]?.attempts, 0)
    time += 3_600_000
  }
})

test('what runs when the server stops is given back at once, and does not count', async () => {
  await enqueue('a')
  const worker = createWorker({
    database,
    log,
    now,
    lookEveryMs: 20,
    jobs: {
      facts: async () => undefined,
      hash: async () => undefined,
      whole: async () => undefined,
      text: (_, signal) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    },
  })
  worker.start()
  while ((await rows())[0]?.attempts !== 1) await sleep(5)
  await worker.close()
  const [row] = await rows()
  assert.equal(row?.attempts, 0)
  assert.equal(row?.lease_process, null)
  assert.ok((row?.not_before ?? '') <= new Date(now()).toISOString())
})

test('words are read while large files are hashed', async () => {
  await database.write((trx) => enqueueWork(trx, ['a', 'b', 'c'], ['hash'], now))
  await enqueue('d')
  const begun: string[] = []
  const never: Job = ({ fileId }, signal) => {
    begun.push(fileId)
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  const text: Job = async ({ fileId }) => {
    begun.push(fileId)
    return undefined
  }
  const worker = createWorker({
    database,
    log,
    now,
    lookEveryMs: 20,
    jobs: { facts: text, hash: never, text, whole: text },
  })
  worker.start()
  while (!begun.includes('d') || begun.length < 2) await sleep(5)
  await sleep(100)
  await worker.close()
  assert.equal(begun.length, 2, `${begun}`)
})
