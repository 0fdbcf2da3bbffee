import type { Resource } from '../web/route.ts'

const FAMILY = {
  instance: 'instance',
  database: 'database',
  table: 'database',
  source: 'source',
  file: 'source',
  collection: 'collection',
} as const satisfies Record<Resource['kind'], string>

/**
 * One action at one place as the key of a map. A database and a source of the same name are different places. SQLite
 * takes `Users` and `users` for one table, so a rule for either holds for both.
 */
export function scopeKey(action: string, { kind, parent, child }: Resource): string {
  if (parent === undefined) return action
  const family = FAMILY[kind]
  // The length of the parent keeps `a/b` with no child apart from `a` with the child `b`.
  const place = `${action} ${family} ${parent.length} ${parent}`
  return child === undefined ? place : `${place}/${family === 'database' ? foldCase(child) : child}`
}

/** The places that may speak about a resource, the most specific first: itself, what it is in, everything. */
export function scopesOf(resource: Resource): Resource[] {
  const { kind, parent, child } = resource
  const scopes: Resource[] = [{ kind: 'instance' }]
  if (kind === 'instance' || parent === undefined) return scopes
  scopes.unshift({ kind, parent })
  if (child !== undefined) scopes.unshift({ kind, parent, child })
  return scopes
}

/** Whether `inner` is `outer` or lies in it. */
export function liesIn(inner: Resource, outer: Resource): boolean {
  const wanted = scopeKey('', outer)
  return scopesOf(inner).some((scope) => scopeKey('', scope) === wanted)
}

// As SQLite compares names: only the letters of ASCII.
function foldCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
