/** Longer names are compared by their beginning: the cost grows with the square of the length. */
const COMPARED_CHARACTERS = 64
/** A suggestion may differ in this share of its characters; past it, it would only puzzle. */
const TOLERATED_SHARE = 0.4

/** The known name that `name` was probably meant to be, or `undefined` when none is close. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = fold(name)
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const folded = fold(candidate)
    const tolerated = Math.max(1, Math.floor(Math.max(wanted.length, folded.length) * TOLERATED_SHARE))
    const distance = levenshtein(wanted, folded)
    if (distance <= tolerated && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** The number of characters to insert, delete or replace to make `a` into `b`. */
export function levenshtein(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replace = at(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replace, at(previous, column) + 1, at(current, column - 1) + 1))
    }
    previous = current
  }
  return at(previous, b.length)
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] as number
}

/** Case and the kind of dash are not what tells keys apart. */
function fold(name: string): string {
  return name.slice(0, COMPARED_CHARACTERS).toLowerCase().replaceAll('-', '_')
}
