import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Transfer } from '@holdall/client'
import { createLimits } from './limit.ts'
import { createTask } from './task.ts'

test('of a file that goes on, what storage has is kept before anything has been compared', () => {
  const file = new File([new Uint8Array(10)], 'leave.mov')
  const transfer = {
    state: 'running',
    resumable: false,
    finished: new Promise(() => {}),
    pause() {
      this.state = 'paused'
    },
  }
  const start = (begun: number | null) => {
    const task = createTask(file, null, {
      transfers: {
        place: () => ({ source: 'files' }),
        wholeUpTo: 0,
        start: () => ({ ...transfer }) as unknown as Transfer,
      },
      rules: () => ({}),
      limits: createLimits(() => 1),
      begun: () => begun,
      changed: () => {},
      progressed: () => {},
    })
    task.retry()
    task.pause()
    return task
  }
  assert.deepEqual([start(6).state, start(6).kept], ['paused', 6])
  assert.deepEqual([start(null).state, start(null).kept], ['paused', 0])
})

test('a file in one piece does not wait for large ones to end, and does wait for others like it', () => {
  const limits = createLimits(() => 1)
  const started: string[] = []
  const task = (name: string, size: number) =>
    createTask(new File([new Uint8Array(size)], name), null, {
      transfers: {
        place: () => ({ source: 'files' }),
        wholeUpTo: 5,
        start: (file) => {
          started.push(file.name)
          return { state: 'running', finished: new Promise(() => {}) } as unknown as Transfer
        },
      },
      rules: () => ({}),
      limits,
      begun: () => null,
      changed: () => {},
      progressed: () => {},
    })
  const tasks = [task('first.mov', 6), task('second.mov', 6), task('first.txt', 5), task('second.txt', 5)]
  for (const one of tasks) one.retry()
  assert.deepEqual(started, ['first.mov', 'first.txt'])
  assert.deepEqual(
    tasks.map(({ state }) => state),
    ['sending', 'waiting', 'sending', 'waiting'],
  )
})
