/** A line of values, as RFC 4180 writes them. */
export interface SampleRecord {
  readonly values: readonly string[]
  /** Of those that were written in quotes. */
  readonly quoted: ReadonlySet<number>
}

/**
 * The records at the beginning of a text; empty lines are none.
 *
 * @param isWhole whether the text ends here; else its last record is left out
 */
export function recordsOf(text: string, delimiter: string, isWhole: boolean): SampleRecord[] {
  const records: SampleRecord[] = []
  let values: string[] = []
  let quoted = new Set<number>()
  let value = ''
  let at = 0

  function endValue(): void {
    values.push(value)
    value = ''
  }
  function endRecord(): void {
    endValue()
    if (values.length > 1 || values[0] !== '' || quoted.size > 0) records.push({ values, quoted })
    values = []
    quoted = new Set()
  }

  let isBlank = true
  while (at < text.length) {
    const char = text[at] as string
    if (char === '"' && isBlank) {
      quoted.add(values.length)
      isBlank = false
      value = ''
      for (at++; at < text.length; at++) {
        if (text[at] !== '"') value += text[at]
        else if (text[at + 1] === '"') value += text[at++]
        else break
      }
    } else if (char === delimiter) {
      endValue()
      isBlank = true
    } else if (char === '\n' || char === '\r') {
      if (char === '\r' && text[at + 1] === '\n') at++
      endRecord()
      isBlank = true
    } else if (!quoted.has(values.length)) {
      value += char
      isBlank &&= char === ' '
    }
    at++
  }
  if (isWhole && (value !== '' || values.length > 0 || quoted.size > 0)) endRecord()
  return records
}
