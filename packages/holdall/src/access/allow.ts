import type { AllowBlock } from '../config/config.ts'
import type { Actor } from '../web/route.ts'

/**
 * Whether an allow block means this actor, as Datasette reads it: `true` is everybody and `false` nobody; otherwise any
 * one key is enough, and a key matches when the actor has one of its values there. `"*"` is any value, an actor's value
 * may itself be a list, and `unauthenticated: true` is whoever has not signed in. Values match when they are the same
 * value of the same type.
 */
export function matchesAllowBlock(actor: Actor | null, allow: AllowBlock): boolean {
  if (typeof allow === 'boolean') return allow
  if (actor === null) return Object.hasOwn(allow, 'unauthenticated') && allow.unauthenticated === true
  return Object.entries(allow).some(([key, wanted]) => {
    const has = Object.hasOwn(actor, key) ? actor[key] : undefined
    if (wanted === '*') return has !== undefined
    if (has === undefined || has === null) return false
    const accepted: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
    return (Array.isArray(has) ? has : [has]).some((value) => accepted.includes(value))
  })
}
