import type { Actor } from '../web/route.ts'
import type { Place } from './people.ts'
import type { Action, Permissions } from './permissions.ts'
import { formatRestriction, type Restriction } from './restrictions.ts'
import { liesIn } from './scope.ts'

/** Whoever may one of these sees that the place is there. */
const SEEN_BY = {
  database: ['view-database'],
  table: ['view-table'],
  source: ['files-browse', 'files-upload'],
  collection: ['view-collection'],
} as const satisfies Readonly<Record<string, readonly Action[]>>

/**
 * The restrictions whose place the actor finds nowhere now, as they are written, each with a sentence. What is there and
 * not for the actor's eyes is not told from what is not there.
 */
export async function restrictionsNowhere(
  permissions: Permissions,
  actor: Actor | null,
  restrictions: readonly Restriction[],
  places: readonly Place[],
): Promise<Map<string, string>> {
  const resources = places.map(({ resource }) => resource)
  const seen = new Set<object>()
  for (const [kind, actions] of Object.entries(SEEN_BY)) {
    const those = resources.filter((resource) => resource.kind === kind)
    for (const action of actions) {
      for (const resource of await permissions.among(actor, action, those)) seen.add(resource)
    }
  }
  const nowhere = new Map<string, string>()
  for (const restriction of restrictions) {
    const wanted = restriction.resource
    if (wanted === undefined) continue
    if (resources.some((resource) => seen.has(resource) && liesIn(resource, wanted))) continue
    nowhere.set(formatRestriction(restriction), `${nowhereWords(restriction)}, or you may not see it.`)
  }
  return nowhere
}

/** "There is no source photos now", for a restriction to a place. */
export function nowhereWords(restriction: Restriction): string {
  return `There is no ${restriction.resource?.kind} ${formatRestriction(restriction).slice(restriction.action.length + 1)} now`
}
