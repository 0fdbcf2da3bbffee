import type { AllowBlock, PermissionRule } from '../config/config.ts'
import type { Actor, Resource } from '../web/route.ts'
import { allowedByDefault } from './actions.ts'
import { matchesAllowBlock } from './allow.ts'
import type { Action } from './permissions.ts'
import { scopeKey, scopesOf } from './scope.ts'

/** May do everything; what the file allows to others takes nothing from root. */
export const ROOT = 'root'

/** Signed in, and nobody else: nobody can be called this (ids are one printable line), so no grant and no rule means them by name. */
export const SOMEBODY: Actor = { id: '\u0000' }

/** What a collection or a source keeps about itself in its row. */
export interface KeptRights {
  /** May do everything to what they made. */
  readonly maker: string | null
  /** Who may, by action. */
  readonly allow: Readonly<Record<string, AllowBlock>>
}

/** Keys of `scopeKey` that are granted to one actor. */
export type GrantedScopes = ReadonlySet<string>

/** What the file says, arranged so that a question costs a few look-ups however many rules there are. */
export interface RuleSet {
  /**
   * The most specific place that says anything decides. There, every rule of the file must mean the actor (deny beats
   * allow), and a grant counts only where the file is silent. What a resource keeps about itself counts after what the file
   * says of it, and before what is said of everything. Where no place says anything the default holds.
   *
   * @param ownsIt whether the resource belongs to the actor by a rule of its own (an uploaded file)
   */
  decide(
    actor: Actor | null,
    action: Action,
    resource: Resource,
    granted: GrantedScopes,
    ownsIt?: boolean,
    kept?: KeptRights,
  ): boolean
  /** What the file says of exactly this action on exactly this resource. */
  about(action: Action, resource: Resource): readonly PermissionRule[]
}

export function compileRules(rules: readonly PermissionRule[]): RuleSet {
  const byScope = new Map<string, PermissionRule[]>()
  for (const rule of rules) {
    const key = scopeKey(rule.action, rule.resource)
    const there = byScope.get(key)
    if (there === undefined) byScope.set(key, [rule])
    else there.push(rule)
  }

  return {
    decide(actor, action, resource, granted, ownsIt = false, kept) {
      if (actor?.id === ROOT) return true
      for (const scope of scopesOf(resource)) {
        const key = scopeKey(action, scope)
        if (kept !== undefined && scope.kind === 'instance') {
          if (actor !== null && actor.id === kept.maker) return true
          const allow = Object.hasOwn(kept.allow, action) ? kept.allow[action] : undefined
          if (allow !== undefined) return matchesAllowBlock(actor, allow)
        }
        const said = byScope.get(key)
        if (said !== undefined) return said.every(({ allow }: { allow: AllowBlock }) => matchesAllowBlock(actor, allow))
        if (granted.has(key) || (ownsIt && scope.child !== undefined)) return true
      }
      return allowedByDefault(action)
    },
    about: (action, resource) => byScope.get(scopeKey(action, resource)) ?? [],
  }
}
