/** The ids in the value of a file column: nothing, one id, or a JSON array of ids. */
export function readIds(value: string): string[] {
  const text = value.trim()
  if (text === '') return []
  if (!text.startsWith('[')) return [text]
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}

/** The value for ids: "" for none, as the server reads it. */
export function writeIds(ids: readonly string[], multiple: boolean): string {
  if (ids.length === 0) return ''
  return multiple ? JSON.stringify(ids) : (ids[0] ?? '')
}
