import type { Resource } from '../web/route.ts'
import { ACTIONS, ACTIONS_ELSEWHERE, type ActionKind, appliesAt } from './actions.ts'
import { type AllowBlock, isAllowValue, readAllow } from './allow.ts'
import { readEntries } from './block.ts'
import { formatPath, type Path, quote } from './path.ts'
import type { Report } from './report.ts'
import { asBoolean, block, isBlock } from './values.ts'

/** One thing that the file says about who may do what. How rules of different depth weigh is the access room's matter. */
export interface PermissionRule {
  readonly action: string
  /** What the rule was written for: a rule for the instance holds for everything in it. */
  readonly resource: Resource & { readonly kind: ActionKind }
  readonly allow: AllowBlock
  /** Where it stands in the file, to be named where the rule is shown. */
  readonly path: string
}

/** The names that may be keys of a permission block beside the properties of an actor. */
export interface DeclaredNames {
  readonly source: ReadonlySet<string>
  readonly collection: ReadonlySet<string>
}

const INSTANCE = { kind: 'instance' } as const

/** The actions that a plain `allow` block speaks of, by where it stands. */
const VIEWS = {
  instance: ['view-instance', 'view-database', 'view-table'],
  database: ['view-database', 'view-table'],
  table: ['view-table'],
} as const

/** A `permissions:` block at the root, where a key under an action may also be a source or collection. */
export function readRootPermissions(
  report: Report,
  path: Path,
  value: unknown,
  declared: DeclaredNames,
): PermissionRule[] {
  return readEntries(report, path, value).flatMap(([action, entry]) => {
    const kind = known(report, [...path, action], action, 'instance')
    if (kind === undefined || entry === null || entry === undefined) return []
    if ((kind === 'source' || kind === 'collection') && isBlock(entry)) {
      return readByName(report, [...path, action], action, kind, entry, declared[kind])
    }
    return rules(report, [...path, action], [action], INSTANCE, entry)
  })
}

/**
 * A `permissions:` block of a database, table, source or collection.
 *
 * @param namesake the source of the same name: datasette-files takes rules about files from the block of a database
 */
export function readPermissions(
  report: Report,
  path: Path,
  value: unknown,
  resource: PermissionRule['resource'],
  namesake?: PermissionRule['resource'],
): PermissionRule[] {
  return readEntries(report, path, value).flatMap(([action, entry]) => {
    const at = [...path, action]
    if (namesake && ACTIONS.get(action) === namesake.kind) return rules(report, at, [action], namesake, entry)
    return known(report, at, action, resource.kind) === undefined ? [] : rules(report, at, [action], resource, entry)
  })
}

/** An `allow:` block: who may see what it stands in and everything below. */
export function readViewAllow(
  report: Report,
  path: Path,
  value: unknown,
  resource: PermissionRule['resource'] & { readonly kind: keyof typeof VIEWS },
): PermissionRule[] {
  return rules(report, path, VIEWS[resource.kind], resource, value)
}

/** An `allow_sql:` block. */
export function readSqlAllow(
  report: Report,
  path: Path,
  value: unknown,
  resource: PermissionRule['resource'],
): PermissionRule[] {
  return rules(report, path, ['execute-sql'], resource, value)
}

function rules(
  report: Report,
  path: Path,
  actions: readonly string[],
  resource: PermissionRule['resource'],
  value: unknown,
): PermissionRule[] {
  if (value === null || value === undefined) return []
  const allow = readAllow(report, path, value)
  if (allow === undefined) return []
  return actions.map((action) => ({ action, resource, allow, path: formatPath(path) }))
}

function known(report: Report, path: Path, action: string, level: ActionKind): ActionKind | undefined {
  const kind = ACTIONS.get(action)
  if (kind !== undefined && appliesAt(kind, level)) return kind
  if (kind !== undefined) {
    report.ignore(path, `is ignored: ${action} is about ${aOr(kind)}, and has no effect on ${aOr(level)}.`)
  } else if (ACTIONS_ELSEWHERE.has(action)) {
    report.ignore(path, `is ignored: nothing here asks for ${action}.`)
  } else {
    report.unknown(path, `is an unknown action ${quote(action)}.`, action, [...ACTIONS.keys()])
  }
  return undefined
}

function aOr(kind: ActionKind): string {
  return kind === 'instance' ? 'the instance' : `a ${kind}`
}

/**
 * A key is a source (or collection) when it names one or its value has `allow`; every other key is a property of the
 * actor. Where both could be meant, nobody may guess.
 */
function readByName(
  report: Report,
  path: Path,
  action: string,
  kind: 'source' | 'collection',
  value: Readonly<Record<string, unknown>>,
  declared: ReadonlySet<string>,
): PermissionRule[] {
  const found: PermissionRule[] = []
  const properties = block()
  for (const [key, entry] of Object.entries(value)) {
    const at = [...path, key]
    const reading = readingOf(key, entry, declared.has(key))
    if (reading === 'property') properties[key] = entry
    else if (reading === 'both') {
      report.problem(
        at,
        `could be the ${kind} ${quote(key)} or a property of the actor. Write { allow: … } for the ${kind}.`,
      )
    } else {
      if (!declared.has(key)) noteUndeclared(report, at, kind, key)
      found.push(...readNamed(report, at, action, { kind, parent: key }, entry))
    }
  }
  const global = Object.keys(properties).length > 0 || Object.keys(value).length === 0
  return global ? [...rulesOfProperties(report, path, action, kind, properties, declared), ...found] : found
}

function readingOf(key: string, value: unknown, isDeclared: boolean): 'name' | 'property' | 'both' {
  if (isBlock(value)) return isDeclared || Object.hasOwn(value, 'allow') ? 'name' : 'property'
  if (!isDeclared) return 'property'
  // `public-files: true` opens a source; the one property of an actor that is asked for with true is this.
  return typeof asBoolean(value) === 'boolean' && key !== 'unauthenticated' ? 'name' : 'both'
}

/** `{slug: {allow: BLOCK}}`, or `{slug: BLOCK}`. */
function readNamed(
  report: Report,
  path: Path,
  action: string,
  resource: PermissionRule['resource'],
  value: unknown,
): PermissionRule[] {
  if (!isBlock(value) || !Object.hasOwn(value, 'allow')) return rules(report, path, [action], resource, value)
  for (const key of Object.keys(value)) {
    if (key !== 'allow') report.problem([...path, key], 'stands beside `allow`, where nothing else may stand.')
  }
  return rules(report, [...path, 'allow'], [action], resource, value.allow)
}

function rulesOfProperties(
  report: Report,
  path: Path,
  action: string,
  kind: 'source' | 'collection',
  properties: Readonly<Record<string, unknown>>,
  declared: ReadonlySet<string>,
): PermissionRule[] {
  const blocks = Object.entries(properties).filter(([, value]) => !isAllowValue(value) && !Array.isArray(value))
  const misnamed = blocks.filter(([key]) => key !== 'allow')
  for (const [key] of misnamed) {
    report.unknown([...path, key], `names no ${kind} of this file, and is not a value that an actor can have.`, key, [
      ...declared,
    ])
  }
  return misnamed.length > 0 ? [] : rules(report, path, [action], INSTANCE, properties)
}

function noteUndeclared(report: Report, path: Path, kind: string, key: string): void {
  report.note(path, `names no ${kind} of this file; it holds for a ${kind} that is made at runtime as ${quote(key)}.`)
}
