import type { Config } from '../config/config.ts'
import { formatCount } from '../web/format.ts'
import type { Actor, Resource } from '../web/route.ts'
import { listWords } from './action-words.ts'
import { actionKind, isAction } from './actions.ts'
import { matchesAllowBlock } from './allow.ts'
import type { GrantedPlace, Place } from './people.ts'
import type { Action, Permissions } from './permissions.ts'
import { ROOT, type RuleSet } from './ruleset.ts'
import { liesIn } from './scope.ts'

/** So many places are named; more are counted. */
export const MOST_PLACES = 6

/** A place that a wider right does not reach. */
export interface NotReached {
  readonly place: Place
  /** Whether the configuration file says who may there: a grant changes nothing then. */
  readonly decidedByFile: boolean
}

/**
 * The places within a resource where somebody may not do what they may do to the resource itself. Asks the rules, so that
 * what is said is what holds.
 */
export async function notReached(
  { permissions, ruleSet }: { readonly permissions: Permissions; readonly ruleSet: RuleSet },
  actorId: string,
  { resource, actions }: { readonly resource: Resource; readonly actions: readonly Action[] },
  places: readonly Place[],
): Promise<NotReached[]> {
  const actor = { id: actorId }
  const lacking = new Map<Place, Action[]>()
  for (const action of actions) {
    const within = places.filter((place) => place.resource.kind === actionKind(action) && isInside(place, resource))
    if (within.length === 0 || !(await permissions.allowed(actor, action, resource))) continue
    const open = new Set(
      await permissions.among(
        actor,
        action,
        within.map((place) => place.resource),
      ),
    )
    for (const place of within) {
      if (!open.has(place.resource)) lacking.set(place, [...(lacking.get(place) ?? []), action])
    }
  }
  return places.flatMap((place) => {
    const lacks = lacking.get(place)
    if (lacks === undefined) return []
    return [{ place, decidedByFile: lacks.every((action) => ruleSet.about(action, place.resource).length > 0) }]
  })
}

/** Of what was granted: what the file says of the resource itself is told apart, and counts where it means the person. */
export function grantNotReached(
  access: { readonly permissions: Permissions; readonly ruleSet: RuleSet },
  actorId: string,
  { resource, actions, decidedByFile }: GrantedPlace,
  places: readonly Place[],
): Promise<NotReached[]> {
  return notReached(access, actorId, { resource, actions: [...new Set([...actions, ...decidedByFile])] }, places)
}

/** Whether each rule lets the actor do what it says, wherever it says so. Asks the rules themselves. */
export async function includesWords(
  access: { readonly permissions: Permissions; readonly ruleSet: RuleSet; readonly config: Pick<Config, 'rules'> },
  actor: Actor,
  places: readonly Place[],
): Promise<string[]> {
  const { permissions, config } = access
  return Promise.all(
    config.rules.map(async ({ action, resource, allow }) => {
      if (actor.id !== ROOT && !matchesAllowBlock(actor, allow)) return 'no'
      // The file may name what a plugin does: nobody here can ask whether it may be done.
      if (!isAction(action)) return 'yes'
      if (!(await permissions.allowed(actor, action, resource))) return 'yes, but another rule says no'
      const unreached = await notReached(access, actor.id, { resource, actions: [action] }, places)
      return unreached.length === 0 ? 'yes' : `yes, but not ${placesWords(unreached)}`
    }),
  )
}

/** "Harbour archive and 3 others" */
export function placesWords(unreached: readonly NotReached[]): string {
  const names = unreached.map(({ place }) => placeName(place))
  if (names.length <= MOST_PLACES) return listWords(names)
  return listWords([...names.slice(0, MOST_PLACES - 1), formatCount(names.length - MOST_PLACES + 1, 'other')])
}

export function placeName({ resource: { kind, parent = '', child }, label }: Place): string {
  return label ?? (kind === 'table' && child !== undefined ? `${parent} / ${child}` : parent)
}

function isInside(place: Place, resource: Resource): boolean {
  const { kind, parent, child } = place.resource
  const isItself = kind === resource.kind && parent === resource.parent && child === resource.child
  return !isItself && liesIn(place.resource, resource)
}
