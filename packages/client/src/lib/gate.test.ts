import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Body, createGate } from './gate.ts'

const never = new AbortController().signal

/** Enters, and says that it is in. */
function createCrowd(most: number) {
  const gate = createGate(most)
  const inside: { readonly name: string; leave(): void }[] = []
  return {
    gate,
    names: () => inside.map(({ name }) => name),
    enter(body: Body, name: string, signal = never): void {
      gate.enter(body, signal).then(
        (leave) => inside.push({ name, leave }),
        () => undefined,
      )
    },
    async leave(name: string): Promise<void> {
      const at = inside.findIndex((one) => one.name === name)
      inside.splice(at, 1)[0]?.leave()
      await turn()
    },
  }
}

describe('connections that uploads share', () => {
  test('parts have all of them while nothing else is sent', async () => {
    const { enter, names } = createCrowd(5)
    for (const name of ['1', '2', '3', '4', '5', '6']) enter('part', name)
    await turn()
    assert.deepEqual(names(), ['1', '2', '3', '4', '5'])
  })

  test('a small file has the next connection that is free, before parts that have waited longer', async () => {
    const { enter, leave, names } = createCrowd(5)
    for (const name of ['1', '2', '3', '4', '5', '6', '7']) enter('part', name)
    enter('whole', 'small')
    await turn()
    await leave('2')
    assert.deepEqual(names(), ['1', '3', '4', '5', 'small'])
  })

  test('one small file after the other keeps its connection, though parts wait, until there are no more', async () => {
    const { gate, enter, leave, names } = createCrowd(5)
    const ended = Array.from({ length: 3 }, () => Promise.withResolvers<void>())
    for (const name of ['1', '2', '3', '4', '5', '6', '7']) enter('part', name)
    await turn()
    const sent = (async () => {
      for (const [at, { promise }] of ended.entries()) {
        await gate.whole(async () => {
          const leaveGate = await gate.enter('whole', never)
          await promise
          leaveGate()
          // It is completed by a request of its own.
          await turn()
          assert.deepEqual(names(), ['2', '3', '4', '5'], `after file ${at}`)
        })
      }
    })()
    await leave('1')
    for (const { resolve } of ended) {
      resolve()
      await turn()
      await turn()
    }
    await sent
    await new Promise((resolve) => setTimeout(resolve))
    await turn()
    assert.deepEqual(names(), ['2', '3', '4', '5', '6'])
  })

  test('however many small files there are, two parts go on', async () => {
    const { gate, enter, leave, names } = createCrowd(5)
    for (let at = 0; at < 9; at += 1) gate.whole(() => new Promise(() => {})).catch(() => undefined)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) enter('whole', name)
    for (const name of ['1', '2', '3']) enter('part', name)
    await turn()
    await leave('a')
    await leave('b')
    await leave('c')
    assert.deepEqual(names().sort(), ['1', '2', 'd', 'e', 'f'])
    await leave('1')
    assert.deepEqual(names().sort(), ['2', '3', 'd', 'e', 'f'])
  })

  test('who waits can stop waiting', async () => {
    const { enter, leave, names } = createCrowd(1)
    const stop = new AbortController()
    enter('part', '1')
    enter('whole', 'small', stop.signal)
    enter('part', '2')
    stop.abort()
    await turn()
    await leave('1')
    assert.deepEqual(names(), ['2'])
  })
})
