/** Files that ended last and are judged by. */
const REMEMBERED = 60
/** Of fewer nothing is said. */
const FEWEST = 6
/** How many times larger the large ones must be than the small ones to tell what is a file's cost and what that of its bytes. */
const SPREAD = 4
/** Up to this factor between what bytes say and what files say, one may be taken for the other. */
const ALIKE = 3
/** Seconds: what takes longer is made of bytes. */
const LONG = 1
/** Seconds that a file costs at least, however small it is: a request and an answer. */
const SHORTEST = 0.02

/** Bytes and files; of what is left, or of what a second brings. */
export interface Amount {
  readonly bytes: number
  readonly files: number
}

/** What a file costs beside its bytes: a request, an answer, a record. */
export interface FileCost {
  /** @param seconds from its turn to its end @param together how many shared that time */
  ended(bytes: number, seconds: number, together: number): void
  /** Seconds for each file; null while those that ended do not tell it. */
  readonly each: number | null
  reset(): void
}

export function createFileCost(): FileCost {
  let files: { readonly bytes: number; readonly seconds: number }[] = []
  return {
    ended(bytes, seconds, together) {
      files.push({ bytes, seconds: Math.max(seconds, 0.001) / Math.max(1, together) })
      if (files.length > REMEMBERED) files.shift()
    },
    get each() {
      return files.length < FEWEST ? null : intercept(files)
    },
    reset() {
      files = []
    },
  }
}

/** Of the line through what files of different sizes took. Errors count by how large they are beside what was taken. */
function intercept(files: readonly { readonly bytes: number; readonly seconds: number }[]): number | null {
  const sizes = files.map(({ bytes }) => bytes).sort((a, b) => a - b)
  const small = sizes[Math.floor(sizes.length * 0.1)] ?? 0
  const large = sizes[Math.floor(sizes.length * 0.9)] ?? 0
  if (large <= Math.max(1, small) * SPREAD) return null
  let [weights, bytes, squares, products, seconds] = [0, 0, 0, 0, 0]
  for (const one of files) {
    const weight = 1 / one.seconds ** 2
    weights += weight
    bytes += weight * one.bytes
    squares += weight * one.bytes ** 2
    products += weight * one.bytes * one.seconds
    seconds += weight * one.seconds
  }
  const determinant = weights * squares - bytes ** 2
  const found = determinant > 0 ? (squares * seconds - bytes * products) / determinant : seconds / weights
  return Math.min(Math.max(0, found), ...files.map((one) => one.seconds))
}

/**
 * How long what is left takes. What went lately took so much for each file and so much for each byte; what is left may be
 * of other sizes.
 *
 * @param lately of a second
 * @param each seconds that a file costs beside its bytes, where that is known
 * @returns seconds; null where what went lately says too little of what is left
 */
export function secondsLeft(left: Amount, lately: Amount, each: number | null): number | null {
  const byBytes = left.bytes / lately.bytes
  if (each !== null) {
    const cost = lately.files > 0 ? Math.min(each, 1 / lately.files) : each
    return left.files * cost + byBytes * (1 - lately.files * cost)
  }
  if (lately.files * LONG < 1) return byBytes < left.files * SHORTEST ? null : byBytes
  const byFiles = left.files / lately.files
  return Math.max(byBytes, byFiles) > Math.min(byBytes, byFiles) * ALIKE ? null : Math.max(byBytes, byFiles)
}
