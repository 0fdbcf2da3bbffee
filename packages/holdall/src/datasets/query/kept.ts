import { randomUUID } from 'node:crypto'

export interface KeptOptions<Thing> {
  readonly keptMs: number
  /** With more, the oldest goes. */
  readonly most: number
  /** Told what is kept no longer and was not taken. */
  readonly drop?: (thing: Thing) => void
}

/** What somebody will come back for soon, under a name that nobody guesses. It is gone when the server ends. */
export interface Kept<Thing> {
  /** @param whose without them the name alone gives nothing */
  keep(thing: Thing, whose: string): string
  get(name: string, whose: string): Thing | undefined
  /** The same, and it is kept no longer. */
  take(name: string, whose: string): Thing | undefined
  clear(): void
}

export function createKept<Thing>({ keptMs, most, drop }: KeptOptions<Thing>): Kept<Thing> {
  const all = new Map<string, { readonly thing: Thing; readonly whose: string; readonly timer: NodeJS.Timeout }>()

  function end(name: string): Thing | undefined {
    const entry = all.get(name)
    clearTimeout(entry?.timer)
    all.delete(name)
    return entry?.thing
  }

  function forget(name: string): void {
    const thing = end(name)
    if (thing !== undefined) drop?.(thing)
  }

  function get(name: string, whose: string): Thing | undefined {
    const entry = all.get(name)
    return entry?.whose === whose ? entry.thing : undefined
  }

  return {
    keep(thing, whose) {
      const [oldest] = all.keys()
      if (all.size >= most && oldest !== undefined) forget(oldest)
      const name = randomUUID()
      all.set(name, { thing, whose, timer: setTimeout(() => forget(name), keptMs).unref() })
      return name
    },
    get,
    take: (name, whose) => (get(name, whose) === undefined ? undefined : end(name)),
    clear() {
      for (const name of [...all.keys()]) forget(name)
    },
  }
}
