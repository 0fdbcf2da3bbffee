import type { AllowBlock } from '../config/config.ts'
import type { InternalDatabase } from '../database/internal.ts'
import type { Resource } from '../web/route.ts'
import { listWords } from './action-words.ts'
import { allowWords } from './file-rules.ts'
import { createGrants } from './grants.ts'
import type { Action, Permissions } from './permissions.ts'
import { type KeptRights, ROOT, type RuleSet, SOMEBODY } from './ruleset.ts'
import { scopeKey, scopesOf } from './scope.ts'

/** So many people are named; more are counted. */
const MOST_NAMED = 5
/** People who are looked at one by one. */
const MOST_ASKED = 200

const EVERYBODY = 'Everybody'

/** Who may do something, to be read before "may": "Everybody", "Only alice and root". */
export type WhoMay = (action: Action, resource: Resource) => Promise<string>

/** Asks the rules themselves, so that what is said is what holds; only whom to ask about is looked up beside them. */
export function createWhoMay(options: {
  readonly db: InternalDatabase
  readonly permissions: Permissions
  readonly ruleSet: RuleSet
}): WhoMay {
  const { permissions, ruleSet } = options
  const grants = createGrants(options.db)

  return async (action, resource) => {
    if (await permissions.allowed(null, action, resource)) return EVERYBODY
    if (await permissions.allowed(SOMEBODY, action, resource)) return 'Everybody who is signed in'
    const { byActor, kept } = await grants()
    const scopes = scopesOf(resource)
    const blocks = deciding(ruleSet, action, scopes, kept)
    const keys = scopes.map((scope) => scopeKey(action, scope))
    const granted = [...byActor].flatMap(([id, held]) => (keys.some((key) => held.has(key)) ? [id] : []))
    const makers = scopes.flatMap((scope) => kept.get(scopeKey('', scope))?.maker ?? [])
    const candidates = [...new Set([...blocks.flatMap(idsOf), ...makers, ...granted])].filter((id) => id !== ROOT)
    const names: string[] = []
    for (const id of candidates.slice(0, MOST_ASKED)) {
      if (await permissions.allowed({ id }, action, resource)) names.push(id)
    }
    const more = Math.max(0, names.length - MOST_NAMED) + Math.max(0, candidates.length - MOST_ASKED)
    const others = [...(more > 0 ? [`${more} more`] : []), ...othersOf(blocks), ROOT]
    return `Only ${listWords([...names.slice(0, MOST_NAMED), ...others])}`
  }
}

/** "Everybody, signed in or not, may see this table." */
export function whoMaySee(who: string, what: string): string {
  return `${who === EVERYBODY ? `${EVERYBODY}, signed in or not,` : who} may see ${what}.`
}

/** What the most specific place that says anything says. */
function deciding(
  ruleSet: RuleSet,
  action: Action,
  scopes: readonly Resource[],
  kept: ReadonlyMap<string, KeptRights>,
): AllowBlock[] {
  for (const scope of scopes) {
    const said = ruleSet.about(action, scope).map(({ allow }) => allow)
    if (said.length > 0) return said
    const own = kept.get(scopeKey('', scope))?.allow
    if (own !== undefined && Object.hasOwn(own, action)) return [own[action] as AllowBlock]
  }
  return []
}

function idsOf(block: AllowBlock): string[] {
  if (typeof block === 'boolean' || !Object.hasOwn(block, 'id')) return []
  return [block.id].flat().filter((id) => typeof id === 'string' && id !== '*') as string[]
}

/** People who are meant by something else than their name: "role curator". Where several rules must agree, nobody is guessed. */
function othersOf(blocks: readonly AllowBlock[]): string[] {
  const [block] = blocks
  if (blocks.length > 1) return ['whoever all rules of the configuration mean']
  if (block === undefined || typeof block === 'boolean') return []
  const { id: _, ...rest } = block
  return Object.keys(rest).length === 0 ? [] : [`whoever has ${allowWords(rest)}`]
}
