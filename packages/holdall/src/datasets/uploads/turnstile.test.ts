import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTurnstile } from './turnstile.ts'

test('so many at once and no more, in the order in which they came', async () => {
  const turn = createTurnstile(2)
  const { signal } = new AbortController()
  const began: number[] = []
  let inside = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 9 }, (_, at) =>
      turn(signal, async () => {
        began.push(at)
        inside += 1
        most = Math.max(most, inside)
        await sleep(2)
        inside -= 1
      }),
    ),
  )
  assert.deepEqual([most, inside, began], [2, 0, [0, 1, 2, 3, 4, 5, 6, 7, 8]])
})

test('who fails or gives up leaves its place to the next', async () => {
  const turn = createTurnstile(1)
  const { signal } = new AbortController()
  const tired = new AbortController()
  const { promise: held, resolve: go } = Promise.withResolvers<void>()
  const first = turn(signal, () => held)
  const given = turn(tired.signal, async () => assert.fail('it has given up'))
  const last = turn(signal, async () => 'done')
  tired.abort(new Error('tired'))
  await assert.rejects(given, /tired/)
  go()
  await first
  assert.equal(await last, 'done')
  await assert.rejects(
    turn(signal, async () => {
      throw new Error('failed')
    }),
    /failed/,
  )
  await assert.rejects(
    turn(tired.signal, async () => {}),
    /tired/,
  )
  assert.equal(await turn(signal, async () => 'next'), 'next')
})
