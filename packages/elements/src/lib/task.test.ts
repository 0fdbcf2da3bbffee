import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Transfer } from '@holdall/client'
import { createLimit } from './limit.ts'
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
      limit: createLimit(() => 1),
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
