import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Compared, createEntering } from './entering.ts'
import { ENTERED_AT_ONCE } from './limits.ts'
import type { RunChange, RunLease, RunStore, SyncRun } from './runs.ts'
import type { Seen } from './seen.ts'

const seen = { save: async () => {} } as unknown as Seen
const lease = {
  run: {
    id: 1,
    phase: 'listing',
    source_id: 1,
    cursor: null,
    listed: 0,
    left_out: 0,
    added: 0,
    changed: 0,
    returned: 0,
  },
} as unknown as RunLease

/** A page on which so many files are there again. */
function page(listed: number, returned: number): Compared {
  return { listed, leftOut: 0, fresh: [], changed: [], returned: Array(returned).fill(1), known: undefined }
}

/** Records what it is told, each when `let` says so. */
function heldStore() {
  const recorded: RunChange[] = []
  const held: PromiseWithResolvers<void>[] = []
  let run = lease.run
  const store = {
    async record(_: RunLease, __: string, change: RunChange): Promise<SyncRun> {
      const gate = Promise.withResolvers<void>()
      held.push(gate)
      await gate.promise
      recorded.push(change)
      run = { ...run, ...change } as SyncRun
      return run
    },
  } as unknown as RunStore
  return { store, recorded, held }
}

test('what gathers while pages are entered goes in together, and no more than that is compared ahead', async () => {
  const { store, recorded, held } = heldStore()
  const progress: number[] = []
  const entering = createEntering(lease, { store, seen, now: () => 0, onProgress: (run) => progress.push(run.listed) })
  await entering.take(page(1_000, 1_000), 'a')
  for (const cursor of ['b', 'c', 'd']) await entering.take(page(500, 500), cursor)
  let taken = false
  const last = entering.take(page(500, 500), 'e').then(() => {
    taken = true
  })
  await turn()
  assert.equal(taken, false)
  assert.equal(held.length, 1)
  held[0]?.resolve()
  await turn()
  assert.equal(held.length, 2)
  held[1]?.resolve()
  await last
  await entering.take({ ...page(0, 0), leftOut: 2 }, null)
  const ended = entering.finish()
  await turn()
  held[2]?.resolve()
  await ended
  assert.equal(ENTERED_AT_ONCE, 2_000)
  assert.deepEqual(recorded, [
    { listed: 1_000, left_out: 0, cursor: 'a', phase: 'listing' },
    { listed: 3_000, left_out: 0, cursor: 'e', phase: 'listing' },
    { listed: 3_000, left_out: 2, cursor: null, phase: 'missing' },
  ])
  assert.deepEqual(progress, [1_000, 1_500, 2_000, 2_500, 3_000, 3_000])
})

test('pages without news are told of from time to time, and with the next that has some', async () => {
  const { store, recorded, held } = heldStore()
  let time = 0
  const entering = createEntering(lease, { store, seen, now: () => time, onProgress: () => {} })
  await entering.take(page(10, 0), 'a')
  await entering.take(page(10, 0), 'b')
  assert.equal(held.length, 0)
  time = 1_000
  await entering.take(page(10, 0), 'c')
  held[0]?.resolve()
  await turn()
  await entering.take(page(10, 0), 'd')
  await entering.take(page(10, 1), 'e')
  held[1]?.resolve()
  await turn()
  assert.deepEqual(
    recorded.map(({ listed, cursor }) => [listed, cursor]),
    [
      [30, 'c'],
      [50, 'e'],
    ],
  )
})

test('the last page is entered together with the end of the listing, also while others were', async () => {
  const { store, recorded, held } = heldStore()
  const entering = createEntering(lease, { store, seen, now: () => 0, onProgress: () => {} })
  await entering.take(page(10, 1), 'a')
  await entering.take(page(10, 1), null)
  const ended = entering.finish()
  held[0]?.resolve()
  await turn()
  held[1]?.resolve()
  await ended
  assert.deepEqual(
    recorded.map(({ listed, phase }) => [listed, phase]),
    [
      [10, 'listing'],
      [20, 'missing'],
    ],
  )
})

test('what went wrong with a page is thrown, whoever asks first, and nothing is entered after it', async () => {
  const { store, held } = heldStore()
  const entering = createEntering(lease, { store, seen, now: () => 0, onProgress: () => {} })
  await entering.take(page(1_000, 1_000), 'a')
  held[0]?.reject(new Error('the disk is full'))
  await entering.settled()
  // Also where nothing is to be written.
  await assert.rejects(entering.take(page(1_000, 0), 'b'), /the disk is full/)
  await assert.rejects(entering.take(page(3_000, 3_000), 'c'), /the disk is full/)
  await assert.rejects(entering.finish(), /the disk is full/)
  assert.equal(held.length, 1)
})
