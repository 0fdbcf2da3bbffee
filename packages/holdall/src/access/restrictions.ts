import { z } from 'zod'
import { appliesAt } from '../config/actions.ts'
import type { Actor, Resource } from '../web/route.ts'
import { tildeDecode, tildeEncode } from '../web/url.ts'
import { noSuchAction } from './action-list.ts'
import { actionKind, isAction } from './actions.ts'
import type { Action } from './permissions.ts'
import { liesIn } from './scope.ts'

/** One thing that a restricted token may still do; without a resource, wherever its actor may. */
export interface Restriction {
  readonly action: Action
  readonly resource?: Resource
}

/** The claim of an actor that holds its token's restrictions; it is a plain property so that no copy can lose it. */
export const RESTRICTIONS_CLAIM = '_r'

const RESOURCE = z.strictObject({
  kind: z.enum(['database', 'table', 'source', 'collection']),
  parent: z.string().min(1),
  child: z.string().min(1).optional(),
})

const RESTRICTIONS = z.array(
  z.strictObject({
    action: z.custom<Action>((value) => typeof value === 'string' && isAction(value)),
    resource: RESOURCE.optional(),
  }),
)

/** Whether the actor's token lets it try: restrictions only ever take away. What is not a list of them allows nothing. */
export function unrestricted(actor: Actor | null, action: Action, resource: Resource): boolean {
  if (!isRestricted(actor)) return true
  const claim = actor[RESTRICTIONS_CLAIM]
  if (!Array.isArray(claim)) return false
  return claim.some(
    (entry: Partial<Restriction> | null) =>
      entry?.action === action && (entry.resource === undefined || liesIn(resource, entry.resource)),
  )
}

export function isRestricted(actor: Actor | null): actor is Actor {
  return actor !== null && Object.hasOwn(actor, RESTRICTIONS_CLAIM) && actor[RESTRICTIONS_CLAIM] !== undefined
}

/** What the database keeps; anything that cannot be read allows nothing. */
export function decodeRestrictions(json: string | null): readonly Restriction[] | undefined {
  if (json === null) return undefined
  try {
    const read = RESTRICTIONS.safeParse(JSON.parse(json))
    return read.success ? (read.data as Restriction[]) : []
  } catch {
    return []
  }
}

export type ParsedRestriction = { readonly restriction: Restriction } | { readonly problem: string }

/**
 * `files-upload`, `files-upload:product-images`, `insert-row:products`, `insert-row:products/inventory`. Names are
 * written as in addresses, so that one with a slash in it can be told (`~2F`).
 */
export function parseRestriction(text: string): ParsedRestriction {
  const [action = '', ...rest] = text.split(':')
  if (!isAction(action)) return { problem: noSuchAction(action) }
  if (rest.length === 0) return { restriction: { action } }
  const kind = actionKind(action)
  const names = rest.join(':').split('/').map(tildeDecode)
  const [parent = '', child] = names
  if (kind === 'instance')
    return { problem: `${action} is about the whole server: write it without ":${rest.join(':')}".` }
  if (names.length > 2 || names.includes('')) {
    return {
      problem: `"${rest.join(':')}" names nothing. Write ${action}:${kind === 'table' ? 'DATABASE/TABLE' : kind.toUpperCase()}.`,
    }
  }
  if (child === undefined) {
    const outer = kind === 'table' ? 'database' : kind
    return { restriction: { action, resource: { kind: outer, parent } } }
  }
  if (!appliesAt(kind, 'table')) return { problem: `${action} is given for a ${kind}, not for something in it.` }
  return { restriction: { action, resource: { kind: 'table', parent, child } } }
}

export function formatRestriction({ action, resource }: Restriction): string {
  if (resource?.parent === undefined) return action
  const names = [resource.parent, resource.child].filter((name) => name !== undefined)
  return `${action}:${names.map(tildeEncode).join('/')}`
}
