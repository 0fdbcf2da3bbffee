import { cpus } from 'node:os'
import { setTimeout } from 'node:timers/promises'

/** Milliseconds that are looked at together. */
const LOOK = 500
/** Of all processors' time: what a machine does that does nothing. */
const IDLE = 0.9
/** Milliseconds after which it is measured all the same: a machine that never rests is everybody's. */
const PATIENCE = 20_000

/** Waits until nothing works any more on what the one before has left: files to be written, objects to be removed. */
export async function settled(): Promise<void> {
  const end = performance.now() + PATIENCE
  for (let before = times(); performance.now() < end; ) {
    await setTimeout(LOOK)
    const now = times()
    if ((now.idle - before.idle) / (now.all - before.all) >= IDLE) return
    before = now
  }
}

function times(): { idle: number; all: number } {
  let idle = 0
  let all = 0
  for (const { times: spent } of cpus()) {
    idle += spent.idle
    all += spent.idle + spent.user + spent.nice + spent.sys + spent.irq
  }
  return { idle, all }
}
