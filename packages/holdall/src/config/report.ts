import { HoldallError } from '../web/error.ts'
import { nearest } from './nearest.ts'
import { formatPath, type Path, pathKey, quote } from './path.ts'

export interface Place {
  /** From 1. */
  readonly line: number
  readonly column: number
}

export interface ConfigurationProblem {
  /** Where in the file, such as `sources.product-images.storage`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
  /** The known name that was probably meant. */
  readonly suggestion?: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** Something that is no error but that whoever wrote the file should know: a key that has no effect here, for example. */
export type ConfigNote = Omit<ConfigurationProblem, 'suggestion'>

/** Everything that is wrong with the configuration, at once; `errors` holds it as lines to print. */
export class ConfigurationError extends HoldallError {
  readonly problems: readonly ConfigurationProblem[]

  constructor(problems: readonly ConfigurationProblem[]) {
    super('configuration_invalid', {}, { errors: problems.map(formatProblem) })
    this.name = 'ConfigurationError'
    this.problems = problems
  }
}

/** One line: where, what, and what was probably meant. */
export function formatProblem({ suggestion, ...problem }: ConfigurationProblem): string {
  return formatNote(problem) + (suggestion === undefined ? '' : ` Did you mean ${quote(suggestion)}?`)
}

/** One line: `holdall.yaml:12:5: settings.num_sql_threads: …`. */
export function formatNote({ file, line, column, path, message }: ConfigNote): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  return [place, path, message].filter((part) => part !== '').join(': ')
}

/** The notes as lines for a terminal or a log, in the order of the file. */
export function describeNotes(notes: readonly ConfigNote[]): string[] {
  return notes.map(formatNote)
}

/** Where the readers of the single blocks say what they found. */
export interface Report {
  problem(path: Path, message: string, suggestion?: string): void
  /** A name that is none of the known ones. */
  unknown(path: Path, message: string, name: string, known: readonly string[]): void
  note(path: Path, message: string): void
  /** A note on a block that is not read; references in it that cannot be resolved are nobody's problem. */
  ignore(path: Path, message: string): void
  /** A reference that names nothing. What is missing because of it is not reported a second time. */
  unresolved(path: Path, message: string): void
}

export interface CollectedReport extends Report {
  /** @throws ConfigurationError when there is any problem */
  finish(): ConfigNote[]
}

/** @param locate the place of a path, or of what is nearest above it; `undefined` for what is not in the file */
export function createReport(locate: (path: Path) => Place | undefined, file?: string): CollectedReport {
  const problems: ConfigurationProblem[] = []
  const notes: ConfigNote[] = []
  const ignored = new Set<string>()
  const unresolved = new Map<string, { path: Path; message: string }>()

  function problem(path: Path, message: string, suggestion?: string): void {
    if (within(path, unresolved)) return
    problems.push({ ...located(path, message), ...(suggestion !== undefined && { suggestion }) })
  }

  function located(path: Path, message: string): ConfigNote {
    const place = locate(path)
    return { path: formatPath(path), message, ...(place && { ...(file !== undefined && { file }), ...place }) }
  }

  return {
    problem,
    unknown(path, message, name, known) {
      const suggestion = nearest(name, known)
      const choice = suggestion === undefined && known.length > 0 ? ` Known here: ${known.join(', ')}.` : ''
      problem(path, message + choice, suggestion)
    },
    note(path, message) {
      notes.push(located(path, message))
    },
    ignore(path, message) {
      ignored.add(pathKey(path))
      notes.push(located(path, message))
    },
    unresolved(path, message) {
      unresolved.set(pathKey(path), { path, message })
    },
    finish() {
      for (const { path, message } of unresolved.values()) {
        if (!within(path, ignored)) problems.push(located(path, message))
      }
      if (problems.length > 0) throw new ConfigurationError(problems.sort(byPlace))
      return notes.sort(byPlace)
    },
  }
}

/** Whether the path, or one above it, is among the keys. */
function within(path: Path, keys: { has(key: string): boolean }): boolean {
  return [...path.keys(), path.length].some((length) => keys.has(pathKey(path.slice(0, length))))
}

function byPlace(a: ConfigNote, b: ConfigNote): number {
  const end = Number.MAX_SAFE_INTEGER
  return (a.line ?? end) - (b.line ?? end) || (a.column ?? end) - (b.column ?? end)
}
