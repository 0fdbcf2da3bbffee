import { HoldallError } from '../../web/error.ts'
import { MAX_PATTERN, MAX_READINGS } from './limits.ts'

const VALUE = '{value}'

/** What a pattern reads out of the names of files. */
export interface Pattern {
  /** The texts that can stand for `{value}` in a name, the longest first; none where the name does not fit. */
  read(filename: string): string[]
}

/**
 * A pattern for whole names: `{value}` stands for the value of the row, `*` for anything, all else for itself in any
 * case. `IMG {value} *.jpg` reads `1862-014` out of `img 1862-014 back.JPG`. Reading is a few searches for fixed texts,
 * never a regular expression: no pattern takes longer than its name is long.
 *
 * @throws HoldallError `attach_pattern_invalid`
 */
export function readPattern(text: string): Pattern {
  const parts = text.normalize('NFC').toLowerCase().split(VALUE)
  if (text.length > MAX_PATTERN) throw invalid(`it is longer than ${MAX_PATTERN} letters`)
  if (parts.length !== 2) throw invalid(`it must have ${VALUE} once, where the value of the row stands`)
  const [before, after] = parts.map((part) => part.split('*')) as [string[], string[]]
  const reversed = [...after].reverse().map(backwards)
  return {
    read(filename) {
      const shown = filename.normalize('NFC')
      const name = shown.toLowerCase()
      // Where a letter changes its length with its case, places in one are not places in the other.
      const source = name.length === shown.length ? shown : name
      const starts = endsOf(name, before)
      const ends = endsOf(backwards(name), reversed).map((end) => name.length - end)
      const readings: string[] = []
      for (const start of starts) {
        for (const end of ends) {
          if (readings.length === MAX_READINGS) break
          if (start < end) readings.push(source.slice(start, end))
        }
      }
      return readings.sort((a, b) => b.length - a.length)
    },
  }
}

/** Where texts can end that stand in a name from its beginning, in this order and with anything between them. */
function endsOf(name: string, texts: readonly string[]): number[] {
  const [first = '', ...rest] = texts
  if (!name.startsWith(first)) return []
  let from = first.length
  const last = rest.pop()
  if (last === undefined) return [from]
  for (const text of rest) {
    const at = name.indexOf(text, from)
    if (at < 0) return []
    from = at + text.length
  }
  const ends: number[] = []
  for (let at = name.indexOf(last, from); at >= 0 && ends.length < MAX_READINGS; at = name.indexOf(last, at + 1)) {
    ends.push(at + last.length)
    // Nothing at all is found everywhere, the last time at the end.
    if (at === name.length) break
  }
  return ends
}

function backwards(text: string): string {
  return text.split('').reverse().join('')
}

function invalid(reason: string): HoldallError {
  const message = `The pattern cannot be read: ${reason}. For example: IMG ${VALUE} *.jpg`
  return new HoldallError('attach_pattern_invalid', { reason }, { fields: { pattern: message } })
}
