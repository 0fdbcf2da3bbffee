/** What a client already has, compared with what there is. Rules: RFC 9110, sections 13 and 14. */
export interface Validators {
  /** Strong, in quotes. */
  readonly etag: string
  readonly lastModified?: Date
}

/** Whether the client's copy is still right, so that 304 is the whole answer. Only for GET and HEAD. */
export function isNotModified(headers: Headers, { etag, lastModified }: Validators): boolean {
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== null) return ifNoneMatch.trim() === '*' || listed(ifNoneMatch).includes(etag)
  const since = httpDate(headers.get('if-modified-since'))
  return since !== undefined && lastModified !== undefined && seconds(lastModified) <= seconds(since)
}

/** Whether a range may be answered with a part: it may not when the client's part is of something else. */
export function rangeApplies(headers: Headers, { etag, lastModified }: Validators): boolean {
  const ifRange = headers.get('if-range')?.trim()
  if (ifRange === undefined) return true
  if (ifRange.startsWith('"')) return ifRange === etag
  const date = httpDate(ifRange)
  return date !== undefined && lastModified !== undefined && seconds(date) === seconds(lastModified)
}

/** The tags of a list. Weak comparison: the prefix does not matter here. */
function listed(value: string): string[] {
  return [...value.matchAll(/(?:W\/)?("[^"]*")/g)].map(([, tag]) => tag as string)
}

function httpDate(value: string | null | undefined): Date | undefined {
  if (!value || !/^[A-Z][a-z]{2}[ ,A-Za-z]/.test(value)) return undefined
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** HTTP dates know no milliseconds. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}
