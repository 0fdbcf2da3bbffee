import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PartAddress, PartsPlan, Sessions } from './sessions.ts'
import { createSigner, PAGE, type Signer } from './signer.ts'

const COUNT = 200
const AT_ONCE = 8

function plan(checksum: PartsPlan['checksum']): PartsPlan {
  return { sessionUrl: '/session', partSize: 8, partCount: COUNT, checksum }
}

function scripted(asked: number[][], answer = async () => {}): Sessions {
  const sign: Sessions['sign'] = async (_, parts) => {
    asked.push(parts.map(({ number }) => number))
    await answer()
    return parts.map(({ number, checksum = '' }) => ({
      number,
      url: `${number} ${checksum}`,
      headers: {},
      expiresIn: 60,
    }))
  }
  return { sign } as Partial<Sessions> as Sessions
}

/** Takes each part once, several at a time. */
async function takeAll(make: (upcoming: () => number[]) => Signer, checksum?: string): Promise<PartAddress[]> {
  let next = 1
  const signer = make(() => Array.from({ length: Math.min(PAGE, COUNT + 1 - next) }, (_, at) => next + at))
  const found: PartAddress[] = []
  async function work(): Promise<void> {
    while (next <= COUNT) {
      const number = next
      next += 1
      found.push(await signer.addressOf(number, checksum))
      signer.forget(number)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return found
}

test('addresses come in pages, ahead of their use, each once', async () => {
  const asked: number[][] = []
  const found = await takeAll((upcoming) => createSigner(plan(null), scripted(asked), upcoming))
  assert.equal(found.length, COUNT)
  assert.equal(asked.flat().length, COUNT)
  assert.equal(new Set(asked.flat()).size, COUNT)
  assert.ok(asked.length <= (2 * COUNT) / PAGE + 1, `${asked.length} requests`)
})

test('one that has run out is asked for again, whatever the clock of the server says', async () => {
  const asked: number[][] = []
  let now = 0
  const signer = createSigner(
    plan(null),
    scripted(asked),
    () => [1, 2],
    () => now,
  )
  await Promise.all([signer.addressOf(1), signer.addressOf(2)])
  await new Promise((resolve) => setTimeout(resolve))
  now = 53_000
  await signer.addressOf(2)
  assert.deepEqual(asked, [[1, 2]])
  now = 55_000
  await signer.addressOf(2)
  assert.deepEqual(asked.at(-1), [2])
})

test('a request that fails is not remembered', async () => {
  const asked: number[][] = []
  let failures = 1
  const sessions = scripted(asked, async () => {
    failures -= 1
    if (failures >= 0) throw new Error('away')
  })
  const signer = createSigner(plan(null), sessions, () => [1, 2])
  await assert.rejects(signer.addressOf(1), /away/)
  assert.equal((await signer.addressOf(1)).number, 1)
})

test('with checksums, what waits while one request is under way goes with the next', async () => {
  const asked: number[][] = []
  const sessions = scripted(asked, () => new Promise((resolve) => setTimeout(resolve, 1)))
  const found = await takeAll((upcoming) => createSigner(plan('md5'), sessions, upcoming), 'abc=')
  assert.ok(found.every(({ number, url }) => url === `${number} abc=`))
  assert.equal(asked.flat().length, COUNT)
  assert.ok(asked.length < COUNT / 2, `${asked.length} requests`)
})

test('an answer that leaves a part out is no address for it', async () => {
  const sessions = { sign: async () => [] } as Partial<Sessions> as Sessions
  await assert.rejects(createSigner(plan('md5'), sessions, () => []).addressOf(1, 'x'), { code: 'bad_answer' })
  await assert.rejects(createSigner(plan(null), sessions, () => []).addressOf(1), { code: 'bad_answer' })
})
