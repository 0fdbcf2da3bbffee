import type { AllowBlock, Complaint, SourceConfig } from '../config/config.ts'
import type { Report } from '../config/report.ts'
import { readSource } from '../config/sources.ts'

/** What is said of a source at runtime: the same keys as in the configuration file, its `permissions` as `allow`. */
export interface WrittenSource {
  readonly label?: unknown
  readonly storage?: unknown
  readonly config?: unknown
  readonly accept?: unknown
  readonly reject?: unknown
  readonly max_file_size?: unknown
  readonly on_type_mismatch?: unknown
  readonly sync?: unknown
  readonly hash?: unknown
  readonly keep_gps?: unknown
  readonly keep_system_files?: unknown
  readonly secrets?: unknown
  readonly allow?: unknown
}

/** The keys that are kept beside `config`, `label` and `storage`. */
export const SETTING_KEYS = [
  'accept',
  'reject',
  'max_file_size',
  'on_type_mismatch',
  'sync',
  'hash',
  'keep_gps',
  'keep_system_files',
  'secrets',
] as const satisfies (keyof WrittenSource)[]

export type Allow = Readonly<Record<string, AllowBlock>>

export interface ReadSource {
  /** `undefined` when it names no storage. */
  readonly source: SourceConfig | undefined
  readonly allow: Allow
  /** Paths begin at the source: `config`, `root`. */
  readonly complaints: readonly Complaint[]
}

/** Reads a source as the configuration file's reader does, which is the one that knows what may stand there. */
export function readWritten(slug: string, { allow, ...written }: WrittenSource): ReadSource {
  const complaints: Complaint[] = []
  function problem(path: Complaint['path'], message: string): void {
    complaints.push({ path: path[0] === 'permissions' ? ['allow', ...path.slice(1)] : path, message })
  }
  const report: Report = {
    problem,
    unknown: (path, message, _name, known) => problem(path, `${message} Known here: ${known.join(', ')}.`),
    note: () => undefined,
    // What has no effect would be said to nobody and kept for ever.
    ignore: problem,
    unresolved: problem,
  }
  // A relative root is refused by whoever takes it in; none is kept.
  const { source, rules } = readSource(report, [], { ...written, permissions: allow }, slug, '/')
  return { source, allow: Object.fromEntries(rules.map((rule) => [rule.action, rule.allow])), complaints }
}
