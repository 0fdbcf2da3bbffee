import { HoldallError } from '../web/error.ts'
import type { Need, RouteContext } from '../web/route.ts'
import { isAction } from './actions.ts'
import { signInRequired } from './decide.ts'
import type { Permissions } from './permissions.ts'

/**
 * Refuses whoever may not call a route.
 *
 * @throws HoldallError 401 for the anonymous, 403 for others, or what the route says instead where it hides things
 */
export async function enforce(permissions: Permissions, need: Need, c: RouteContext): Promise<void> {
  switch (need.kind) {
    case 'public':
    case 'filtered':
    case 'capability':
      return
    case 'signed-in':
      if (c.var.actor === null) throw signInRequired('an account')
      return
    case 'permission': {
      const { action, on, hidden, otherwise } = need
      if (!isAction(action)) throw new TypeError(`${c.req.path} needs an action that does not exist: ${action}`)
      const resource = await on(c)
      if (await permissions.allowed(c.var.actor, action, resource)) return
      if (await otherwise?.(c)) return
      if (hidden !== undefined) throw hidden(c)
      return permissions.demand(c.var.actor, action, resource)
    }
    default:
      // A kind that nobody has written the check for lets nobody in.
      throw new HoldallError(
        'internal',
        {},
        { cause: new TypeError(`unknown need: ${JSON.stringify(need satisfies never)}`) },
      )
  }
}
