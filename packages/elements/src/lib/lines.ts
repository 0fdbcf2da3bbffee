/** What is asked for by whoever follows. */
export const LINES_TYPE = 'application/x-ndjson'

/** A line of what the server tells while it works for somebody who follows it. */
export interface Line {
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  /** Null while nobody knows. */
  readonly percentage?: number | null
  /** Why it failed. */
  readonly error?: string
}

/** A line that says something else than it should, or none: the server's own page says more. */
export class NoAnswer extends Error {}

/**
 * Follows an answer while it comes about.
 *
 * @param tell is given each line but the last, which is returned
 * @throws NoAnswer where the server answers something else
 */
export async function followLines<Last extends Line>(response: Response, tell: (line: Line) => void): Promise<Last> {
  if (!response.body || !response.headers.get('Content-Type')?.startsWith(LINES_TYPE)) throw new NoAnswer()
  let rest = ''
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) throw new TypeError('The answer ended before its last line')
    const lines = (rest + value).split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) {
      const line = JSON.parse(text) as Last
      if (line.state === 'done' || line.state === 'failed') return line
      tell(line)
    }
  }
}
