import { ACTIONS, type ActionKind } from '../config/actions.ts'
import type { Resource } from '../web/route.ts'
import type { Action } from './permissions.ts'

/** What anybody may do where neither the file nor a grant says otherwise: look at tables and ask them questions. */
const ALLOWED_BY_DEFAULT: ReadonlySet<string> = new Set([
  'view-instance',
  'view-database',
  'view-table',
  'execute-sql',
] satisfies Action[])

/** Actions that are worth nothing without another one: SQL reads the database; a file that one may not see does not exist. */
const ALSO_REQUIRED: Readonly<Partial<Record<Action, Action>>> = {
  'execute-sql': 'view-database',
  'files-edit': 'files-browse',
  'files-delete': 'files-browse',
}

export function isAction(name: string): name is Action {
  return ACTIONS.has(name)
}

/** The deepest resource that the action is given for. */
export function actionKind(action: Action): ActionKind {
  return ACTIONS.get(action) as ActionKind
}

export function allowedByDefault(action: string): boolean {
  return ALLOWED_BY_DEFAULT.has(action)
}

export function alsoRequired(action: Action): Action | undefined {
  return ALSO_REQUIRED[action]
}

/** The one name that people know a resource by: a table without its database, the source of a file, a collection without its organization. */
export function placeOf({ kind, parent, child }: Resource): string {
  return (kind === 'file' || kind === 'collection' ? parent : (child ?? parent)) ?? 'this server'
}

/** A resource in words, for messages: `products/inventory`, `product-images`, `this server`. */
export function nameResource({ kind, parent, child }: Resource): string {
  if (kind === 'instance' || parent === undefined) return 'this server'
  return child === undefined || kind === 'collection' ? parent : `${parent}/${child}`
}
