const MAX_MESSAGE = 2_000
/** A fault of DuckDB's own, whatever was asked: some files are enough. */
const OWN_FAULT = /^(?:INTERNAL|FATAL) Error: /
/** What stands before the statement in what is run (gate.ts, run.ts). */
const BEFORE_STATEMENT = /^(LINE 1: )((?:COPY \()?SELECT \* FROM \()(.*\n)( *)(?=\^)/m

/**
 * What DuckDB says, for whoever asked: without paths of this computer (a file is called by its table), without what we put
 * around the statement, without the trace of an internal error, and not longer than somebody reads.
 */
export function shown(message: string, names: ReadonlyMap<string, string>): string {
  let text = message.split(/\n+(?:Stack Trace:|This error signals an assertion failure)/)[0] as string
  text = text.replace(OWN_FAULT, 'DuckDB itself failed at this; nothing else was harmed: ')
  // The longest first: one path may be the beginning of another.
  for (const [path, name] of [...names].sort(([a], [b]) => b.length - a.length)) text = text.replaceAll(path, name)
  text = text.replace(/\/proc\/(?:self|\d+)\/fd\/(\d+)/g, (_, fd) => names.get(`/proc/self/fd/${fd}`) ?? 'a file')
  text = text.replace(BEFORE_STATEMENT, (_, line, ours: string, statement, space: string) =>
    [line, statement, space.slice(ours.length)].join(''),
  )
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)} …` : text
}

/** After these an instance answers nothing any more, or wrongly. */
export function isPoison(message: string): boolean {
  return /\b(?:INTERNAL|FATAL)\b/.test(message)
}

export function isOutOfMemory(message: string): boolean {
  return /^Out of Memory Error|Failed to allocate|could not allocate|bad_alloc|Array buffer allocation failed/i.test(
    message,
  )
}

/** The file has grown as large as the system lets the process write. */
export function isTooLarge(message: string): boolean {
  return /File too large/.test(message)
}
