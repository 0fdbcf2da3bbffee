import { requestJson } from '@holdall/client'
import { announce } from './announce.ts'

/** Why pages cannot send to a storage, and what whoever runs the server can do. */
export interface KeptOut {
  /** One sentence. */
  readonly says: string
  readonly command: string | null
}

/** Whether this page may send to a storage. */
export interface Door {
  /** Null where it may, and while that is not known: what is not known keeps nobody from trying. */
  readonly keptOut: KeptOut | null
  /** Asks the server, which asks the storage; nobody waits for it. */
  ask(): Promise<void>
}

/** @param path of the question, from the server's base without a leading slash; null where there is nothing to ask about */
export function createDoor(path: () => string | null, changed: () => void): Door {
  let keptOut: KeptOut | null = null
  let asking: Promise<void> | undefined

  async function look(): Promise<void> {
    const address = path()
    if (address === null) return
    const before = keptOut
    try {
      const { pages_may_send: may, says, command } = await requestJson(address)
      keptOut =
        may === false && typeof says === 'string'
          ? { says, command: typeof command === 'string' ? command : null }
          : null
    } catch {
      // Who may not ask, or asks a server from before this question, finds it out by sending.
      keptOut = null
    }
    if (keptOut === null && before === null) return
    announce(
      keptOut === null
        ? 'Files can be sent from this page'
        : `Files cannot be sent from this page yet: ${keptOut.says}`,
    )
    changed()
  }

  return {
    get keptOut() {
      return keptOut
    },
    ask() {
      asking ??= look().finally(() => {
        asking = undefined
      })
      return asking
    },
  }
}

/** The end of the question's address: where pages come from, only a page knows for sure. */
export function pagesQuery(): string {
  return `/-/pages?${new URLSearchParams({ origin: location.origin })}`
}
