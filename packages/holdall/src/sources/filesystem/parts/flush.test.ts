import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { groupFlush } from './flush.ts'

describe('flushes of several writers', () => {
  test('one serves all who asked before it began, and nobody who asked later', async () => {
    const running: (() => void)[] = []
    let most = 0
    let now = 0
    const flushed = groupFlush(async () => {
      now += 1
      most = Math.max(most, now)
      await new Promise<void>((resolve) => running.push(resolve))
      now -= 1
    })
    const done: string[] = []
    const ask = (name: string) => flushed().then(() => done.push(name))
    ask('first')
    await turn()
    for (const name of ['second', 'third', 'fourth']) ask(name)
    await turn()
    assert.equal(running.length, 1)
    running[0]?.()
    await turn()
    assert.deepEqual(done, ['first'])
    assert.equal(running.length, 2)
    ask('fifth')
    running[1]?.()
    await turn()
    assert.deepEqual(done, ['first', 'second', 'third', 'fourth'])
    running[2]?.()
    await turn()
    assert.deepEqual(done.at(-1), 'fifth')
    assert.equal(running.length, 3)
    assert.equal(most, 1)
  })

  test('after one that failed nothing counts as flushed', async () => {
    let fails = true
    const flushed = groupFlush(async () => {
      if (fails) throw new Error('the disk fails')
    })
    const first = flushed()
    await assert.rejects(first, /the disk fails/)
    fails = false
    await assert.rejects(flushed(), /the disk fails/)
  })
})
