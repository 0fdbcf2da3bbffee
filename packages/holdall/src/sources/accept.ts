/** What a file is judged by. */
export interface FileKind {
  readonly filename: string
  /** `undefined` while nobody knows it. */
  readonly contentType: string | undefined
}

/**
 * Whether one of the entries names the file: `image/png` and `image/*` its type, `.pdf` the end of its name.
 *
 * @param entries in lower case, as `accept`, `reject` and `file_accept` are read
 */
export function matchesAny(entries: readonly string[], { filename, contentType }: FileKind): boolean {
  const name = filename.toLowerCase()
  const type = contentType === undefined ? undefined : bareType(contentType)
  return entries.some((entry) => {
    if (entry.startsWith('.')) return name.endsWith(entry)
    if (entry === '*/*') return true
    if (type === undefined) return false
    return entry.endsWith('/*') ? type.startsWith(entry.slice(0, -1)) : type === entry
  })
}

/** The type alone, in lower case: what follows it (`; charset=utf-8`) says nothing of the kind. */
export function bareType(contentType: string): string {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase()
}
