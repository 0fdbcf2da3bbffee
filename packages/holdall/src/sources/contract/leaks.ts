import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** What closes itself a moment later (a socket, a handle whose stream was cancelled) is given this long. */
const PATIENCE_MS = 3_000
const PAUSE_MS = 20

/** Counts what this process holds open now. @returns a check that no more is open than now */
export async function watchLeaks(): Promise<() => Promise<void>> {
  const before = await held()
  return async () => {
    const deadline = Date.now() + PATIENCE_MS
    let now = await held()
    while (more(now, before).length > 0 && Date.now() < deadline) {
      await sleep(PAUSE_MS)
      now = await held()
    }
    assert.deepEqual(more(now, before), [], 'nothing is held open that was not before')
  }
}

type Held = Readonly<Record<string, number>>

async function held(): Promise<Held> {
  const counts: Record<string, number> = { 'file descriptors': await openDescriptors() }
  for (const kind of process.getActiveResourcesInfo()) {
    // The test runner's own timers come and go.
    if (kind !== 'Timeout' && kind !== 'Immediate') counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

async function openDescriptors(): Promise<number> {
  try {
    return (await readdir('/proc/self/fd')).length
  } catch {
    return 0
  }
}

function more(now: Held, before: Held): string[] {
  return Object.entries(now)
    .filter(([kind, count]) => count > (before[kind] ?? 0))
    .map(([kind, count]) => `${kind}: ${before[kind] ?? 0} before, ${count} now`)
}
