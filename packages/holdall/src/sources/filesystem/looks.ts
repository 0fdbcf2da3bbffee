import { lstat } from 'node:fs'

/**
 * Enough that the threads that ask the file system seldom run dry, as waking one takes longer than its answer; and few
 * enough that on a disk that takes 5 ms for each, whoever reads a file meanwhile waits for 80 ms at most.
 */
const LOOKS_AT_ONCE = 64

/** What lies at a path. */
export interface FoundFile {
  /** Bytes. */
  readonly size: number
  readonly modified: Date
}

/** Asks the file system about many paths, several at a time. */
export interface Looks {
  /** @param paths of the operating system; the first are asked about at once */
  ask(paths: readonly string[]): void
  /**
   * What was asked since the last time, in the order of asking: the regular file at the path, `undefined` for anything
   * else and for nothing, or the error of what could not be looked at.
   */
  answers(): Promise<readonly (FoundFile | Error | undefined)[]>
}

export function createLooks(): Looks {
  let asked: string[] = []
  let found: (FoundFile | Error | undefined)[] = []
  let started = 0
  let running = 0
  let done: (() => void) | undefined

  // Callbacks, because a promise for each of a million files costs as much as the answer.
  function start(): void {
    while (running < LOOKS_AT_ONCE && started < asked.length) {
      const at = started
      started += 1
      running += 1
      lstat(asked[at] as string, (error, stats) => {
        running -= 1
        found[at] = error ?? (stats.isFile() ? { size: stats.size, modified: stats.mtime } : undefined)
        start()
        if (running === 0) done?.()
      })
    }
  }

  return {
    ask(paths) {
      for (const path of paths) asked.push(path)
      start()
    },
    async answers() {
      if (running > 0) {
        await new Promise<void>((resolve) => {
          done = resolve
        })
      }
      const all = found
      asked = []
      found = []
      started = 0
      done = undefined
      return all
    },
  }
}
