import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPace } from './pace.ts'
import type { Task } from './task.ts'

test('of many small files their number is reckoned with, not their bytes alone', () => {
  let now = 0
  const pace = createPace(() => now)
  const sizes = [
    ...Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? 1_000_000 : 50_000)),
    ...Array(2_000).fill(1_000),
  ]
  let bytes = sizes.reduce((sum, size) => sum + size, 0)
  const said: (number | null | undefined)[] = []
  let nextSecond = 1_000
  for (const [index, size] of sizes.entries()) {
    const task = { state: 'sending', size, resumed: 0 } as { -readonly [Key in keyof Task]: Task[Key] }
    pace.changed(task, 'waiting', 1)
    // 40 ms for each file, and 10 MB a second.
    now += 40 + size / 10_000
    pace.moved(size)
    bytes -= size
    task.state = 'done'
    pace.changed(task, 'sending', 1)
    if (now < nextSecond) continue
    nextSecond += 1_000
    const left = pace.next({ bytes, files: sizes.length - index - 1 }, true)?.left
    if (index > 200 && index < 380) said.push(left)
  }
  // 80 s for the many small ones, and some for the rest: by bytes alone it were less than 25.
  assert.ok(said.length > 5)
  for (const seconds of said) assert.ok(seconds && seconds > 65 && seconds < 130, `${seconds} s`)
})

test('what was paused says nothing about what a file costs, and nothing is said while nothing goes on', () => {
  let now = 0
  const pace = createPace(() => now)
  for (let second = 0; second < 6; second += 1) {
    now += 1_000
    pace.moved(1_000_000)
    pace.next({ bytes: 10_000_000, files: 1 }, true)
  }
  assert.equal(pace.next({ bytes: 10_000_000, files: 1 }, true)?.speed, 1_000_000)
  assert.equal(pace.next({ bytes: 10_000_000, files: 1 }, false), null)
  assert.equal(pace.next({ bytes: 10_000_000, files: 1 }, true), null)
})
