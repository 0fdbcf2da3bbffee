import { announce } from './announce.ts'
import { type Address, copyDescription, type Offer, offerFor } from './offer.ts'
import { toast } from './toast.ts'

/** Where one file takes the place of another, the description of that one can be copied: what is offered at this moment. */
export interface Offering {
  /** Null where nothing is, or the file that it is for has gone again. */
  readonly offer: Offer | null
  /** What was written about a file stays with it: whether it holds for the one in its place, a person says. */
  ask(before: { readonly id: string; readonly name: string }, now: string): Promise<void>
  copy(): Promise<void>
  /** Nothing is offered any more. */
  end(): void
}

export interface OfferingOptions {
  readonly address: Address
  /** Whether the file of this id is the one that is there. */
  readonly holds: (id: string) => boolean
  readonly changed: () => void
}

export function createOffering({ address, holds, changed }: OfferingOptions): Offering {
  let offer: Offer | null = null

  function set(next: Offer | null): void {
    if (offer === next) return
    offer = next
    changed()
  }

  return {
    get offer() {
      return offer !== null && holds(offer.to) ? offer : null
    },
    async ask(before, now) {
      if (before.id === now) return
      const found = await offerFor(address, before, now)
      if (found === null || !holds(now)) return
      set(found)
      announce(`${found.name} has a description`)
    },
    async copy() {
      const asked = offer
      if (asked === null) return
      set(null)
      const refuse = (error: unknown, over: boolean): void => {
        const problem = error instanceof Error ? error.message : 'The description was not copied.'
        if (holds(asked.to) && offer === null) set({ ...asked, problem, over })
        announce(problem)
      }
      try {
        const undo = await copyDescription(address, asked)
        toast(`Description copied from ${asked.name}`, () => {
          undo().then(
            () => toast('Description taken out again'),
            (error) => refuse(error, true),
          )
        })
      } catch (error) {
        refuse(error, false)
      }
    },
    end: () => set(null),
  }
}
