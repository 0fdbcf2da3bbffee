/** Fewer lines than these prove nothing: two sentences with a comma each are not a table. */
const MIN_LINES = 4

const JSON_LINES = 'application/x-ndjson'
/** How a document begins that its head cannot show to its end. */
const BEGINS_LIKE_JSON = /^(?:\{\s*["}]|\[\s*[[{"\]\d\-tfn])/

/**
 * `application/json` for a whole document, `application/x-ndjson` for one on each line, more special kinds where hinted.
 *
 * @param hints types that the text may have, the likeliest first
 */
export function jsonOf(text: string, complete: boolean, hints: readonly string[]): string | undefined {
  const body = text.replace(/^\uFEFF/, '').trim()
  const hint = hints.find((type) => type === JSON_LINES || /[/+]json$/.test(type))
  if (!/^[[{]/.test(body)) return hint === 'application/json' && complete && parses(body) ? hint : undefined
  const lines = body.split('\n')
  if (complete && parses(body)) return hint ?? 'application/json'
  const whole = complete ? lines : lines.slice(0, -1)
  if (whole.length > 1 && whole.every(parses)) return JSON_LINES
  return complete || !BEGINS_LIKE_JSON.test(body) ? undefined : hint
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Text of at least four lines that all have the same number of tabs or of commas (outside quotes), two at least. */
export function tableOf(text: string, complete: boolean): 'text/csv' | 'text/tab-separated-values' | undefined {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  if (!complete) lines.pop()
  const filled = lines.filter((line) => line !== '')
  if (filled.length < MIN_LINES) return undefined
  for (const [separator, type, least] of [
    ['\t', 'text/tab-separated-values', 1],
    [',', 'text/csv', 2],
  ] as const) {
    const counts = filled.map((line) => line.replace(/"(?:[^"]|"")*"/g, '').split(separator).length - 1)
    if ((counts[0] as number) >= least && counts.every((count) => count === counts[0])) return type
  }
  return undefined
}
