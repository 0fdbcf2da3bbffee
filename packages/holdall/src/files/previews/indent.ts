/** Deeper levels are not moved further to the right. */
const MAX_INDENT = 20

export interface Indented {
  readonly text: string
  readonly truncated: boolean
}

/**
 * JSON with one value a line, by its tokens alone: every number and text stays exactly as it was written, and the beginning
 * of a document is as good as all of it.
 *
 * @param maxLines what comes after so many is left out
 */
export function indentJson(json: string, maxLines: number): Indented {
  const parts: string[] = []
  let depth = 0
  let lines = 1
  const newline = () => {
    lines += 1
    parts.push('\n', '  '.repeat(Math.min(depth, MAX_INDENT)))
  }
  TOKEN.lastIndex = 0
  for (let found = TOKEN.exec(json); found !== null; found = TOKEN.exec(json)) {
    if (lines > maxLines) return { text: parts.join(''), truncated: true }
    const [token] = found
    if (token === '{' || token === '[') {
      const empty = /^\s*[}\]]/.exec(json.slice(TOKEN.lastIndex, TOKEN.lastIndex + 50))
      parts.push(token)
      if (empty !== null) {
        parts.push((empty[0] as string).trim())
        TOKEN.lastIndex += empty[0].length
        continue
      }
      depth += 1
      newline()
    } else if (token === '}' || token === ']') {
      depth = Math.max(0, depth - 1)
      newline()
      parts.push(token)
    } else if (token === ',') {
      parts.push(token)
      newline()
    } else {
      parts.push(token === ':' ? ': ' : token)
    }
  }
  return { text: parts.join(''), truncated: false }
}

/** A bracket, a separator, a text (which may be cut off) or anything else up to the next of these. */
const TOKEN = /[{}[\],:]|"(?:[^"\\]|\\[\s\S])*"?|[^\s{}[\],:"]+/g
