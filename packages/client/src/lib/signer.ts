import { strange } from './call.ts'
import { MOST_NUMBERS, type PartAddress, type PartsPlan, type Sessions } from './sessions.ts'

/** Addresses asked for at once where no checksum goes with the request: some seconds to minutes of work. */
export const PAGE = 32
/** An address is not used in the last tenth of its time: it has to be good when the storage looks at it. */
const USED = 0.9

/** Where parts go, asked for shortly before they are sent. */
export interface Signer {
  addressOf(number: number, checksum?: string): Promise<PartAddress>
  /** It was used, or did not work: whoever asks again gets a new one. */
  forget(number: number): void
}

interface Wanted {
  readonly number: number
  readonly checksum?: string
  resolve(address: PartAddress): void
  reject(error: unknown): void
}

/** @param upcoming the next parts, at most PAGE of them, in their order */
export function createSigner(
  plan: PartsPlan,
  sessions: Sessions,
  upcoming: () => readonly number[],
  now: () => number = () => performance.now(),
): Signer {
  return plan.checksum === null ? ahead(plan, sessions, upcoming, now) : together(plan, sessions)
}

/** Addresses do not depend on the bytes: they are there before they are needed. */
function ahead(plan: PartsPlan, sessions: Sessions, upcoming: () => readonly number[], now: () => number): Signer {
  const known = new Map<number, { readonly address: Promise<PartAddress>; goodUntil: number }>()

  function ask(numbers: readonly number[]): void {
    const answered = sessions.sign(
      plan.sessionUrl,
      numbers.map((number) => ({ number })),
    )
    for (const number of numbers) {
      const address = answered.then((addresses) => pick(addresses, number))
      const entry = { address, goodUntil: Number.POSITIVE_INFINITY }
      known.set(number, entry)
      address.then(
        ({ expiresIn }) => {
          entry.goodUntil = now() + expiresIn * 1_000 * USED
        },
        () => known.delete(number),
      )
    }
  }

  // The first are asked for while the first parts are read.
  if (upcoming().length > 0) ask(upcoming())
  return {
    addressOf(number) {
      const entry = known.get(number)
      const ahead = upcoming().filter((one) => one !== number)
      const unknown = ahead.filter((one) => !known.has(one))
      if (entry === undefined || now() > entry.goodUntil) ask([number, ...unknown])
      else if (unknown.length > 0 && ahead.length - unknown.length < PAGE / 2) ask(unknown)
      return (known.get(number) as { address: Promise<PartAddress> }).address
    },
    forget: (number) => known.delete(number),
  }
}

/** A checksum is part of the address: what is wanted while one request is under way goes with the next. */
function together(plan: PartsPlan, sessions: Sessions): Signer {
  let wanted: Wanted[] = []
  let asking = false

  async function flush(): Promise<void> {
    if (asking) return
    asking = true
    while (wanted.length > 0) {
      const now = wanted.slice(0, MOST_NUMBERS)
      wanted = wanted.slice(MOST_NUMBERS)
      try {
        const addresses = await sessions.sign(plan.sessionUrl, now)
        for (const one of now) {
          try {
            one.resolve(pick(addresses, one.number))
          } catch (error) {
            one.reject(error)
          }
        }
      } catch (error) {
        for (const one of now) one.reject(error)
      }
    }
    asking = false
  }

  return {
    addressOf: (number, checksum) =>
      new Promise((resolve, reject) => {
        wanted.push({ number, ...(checksum !== undefined && { checksum }), resolve, reject })
        void flush()
      }),
    forget() {},
  }
}

function pick(addresses: readonly PartAddress[], number: number): PartAddress {
  const found = addresses.find((address) => address.number === number)
  if (found === undefined) throw strange(`The server gives no address for part ${number}.`)
  return found
}
