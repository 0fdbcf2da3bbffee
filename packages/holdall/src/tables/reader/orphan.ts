import { Worker } from 'node:worker_threads'

const LOOK_EVERY_MS = 1_000

// The main thread is inside SQLite while a statement runs, so another thread has to notice that the parent is gone.
const WATCH = `
const { parent } = require('node:worker_threads').workerData
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
}, ${LOOK_EVERY_MS})
`

/** Ends this process, whatever it is doing, soon after its parent has ended without a word. */
export function endWithParent(): void {
  new Worker(WATCH, { eval: true, workerData: { parent: process.ppid }, stdin: false, stdout: false }).unref()
}
