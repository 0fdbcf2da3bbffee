/** Longer values are cut. */
const MAX_SHOWN = 200
const MAX_NESTED = 100

/** A value of a table as text; null stays null. */
export function shownValue(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return cut(wordsOf(value))
}

export function cut(text: string): string {
  const plain = text.toWellFormed()
  return plain.length <= MAX_SHOWN ? plain : `${plain.slice(0, MAX_SHOWN)}…`
}

function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString().replace('.000Z', 'Z')
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (typeof value === 'object') return JSON.stringify(value, plain) ?? ''
  return String(value)
}

/** What JSON has no word for. Long lists are cut before they are written out. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (Array.isArray(value) && value.length > MAX_NESTED) return value.slice(0, MAX_NESTED)
  return value
}
