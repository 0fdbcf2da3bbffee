import { requestJson } from '@holdall/client'
import { announce } from './announce.ts'

/** Why pages cannot send to a storage, and what whoever runs the server can do. */
export interface KeptOut {
  /** One sentence. */
  readonly says: string
  readonly command: string | null
  /** It was asked again, and there was no answer: this is what it said before. */
  readonly unanswered: boolean
}

/** Whether this page may send to a storage. */
export interface Door {
  /** Null where it may, and while that is not known: what is not known keeps nobody from trying. */
  readonly keptOut: KeptOut | null
  /** Whether it is being asked. */
  readonly asking: boolean
  /** Asks the server, which asks the storage; nobody waits for it. */
  ask(): Promise<void>
  /** Nothing is told any more. */
  leave(): void
}

export interface DoorOptions {
  /** Where it is asked; null where there is nothing to ask about. */
  readonly address: () => string | null
  readonly changed: () => void
  /** It was closed, and now is not. */
  readonly opened: () => void
}

/** What a page knows of a storage; a page's components that send to the same one know the same. */
interface Place {
  keptOut: KeptOut | null
  asking: Promise<void> | undefined
  readonly heard: Set<DoorOptions>
}

const places = new Map<string, Place>()

export function createDoor(options: DoorOptions): Door {
  const entered = new Set<Place>()

  function place(): Place | undefined {
    const address = options.address()
    return address === null ? undefined : places.get(address)
  }

  return {
    get keptOut() {
      return place()?.keptOut ?? null
    },
    get asking() {
      return place()?.asking !== undefined
    },
    async ask() {
      const address = options.address()
      if (address === null) return
      const asked = place() ?? { keptOut: null, asking: undefined, heard: new Set() }
      places.set(address, asked)
      entered.add(asked)
      asked.heard.add(options)
      asked.asking ??= look(address, asked)
      options.changed()
      await asked.asking
    },
    leave() {
      for (const { heard } of entered) heard.delete(options)
      entered.clear()
    },
  }
}

/** Where is asked whether a page may send to the storage of a source. @param address of a path of the server */
export function sourceQuestion(address: (path: string) => string, source: string | null): string | null {
  return source && address(`-/files/upload/${encodeURIComponent(source)}${pagesQuery()}`)
}

/** The end of the question's address: where pages come from, only a page knows for sure. */
export function pagesQuery(): string {
  return `/-/pages?${new URLSearchParams({ origin: location.origin })}`
}

async function look(address: string, place: Place): Promise<void> {
  const before = place.keptOut
  const next = await answerOf(address)
  place.asking = undefined
  // No answer is no news.
  if (next === 'unknown' && before === null) return
  place.keptOut = next === 'unknown' ? before && { ...before, unanswered: true } : next
  if (place.keptOut === null && before === null) return
  announce(wordsOf(place.keptOut))
  for (const { changed, opened } of [...place.heard]) {
    changed()
    if (place.keptOut === null) opened()
  }
}

async function answerOf(address: string): Promise<KeptOut | null | 'unknown'> {
  try {
    const { pages_may_send: may, says, command } = await requestJson(address)
    if (may === true) return null
    if (may !== false || typeof says !== 'string') return 'unknown'
    return { says, command: typeof command === 'string' ? command : null, unanswered: false }
  } catch {
    // Who may not ask, or asks a server from before this question, finds it out by sending.
    return 'unknown'
  }
}

function wordsOf(keptOut: KeptOut | null): string {
  if (keptOut === null) return 'Files can be sent from this page'
  if (keptOut.unanswered) return UNANSWERED
  return `Files cannot be sent from this page yet: ${keptOut.says}`
}

export const UNANSWERED = 'The storage did not say just now whether that has changed.'
