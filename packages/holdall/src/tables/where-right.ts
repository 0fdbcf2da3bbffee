import type { Permissions } from '../access/permissions.ts'
import type { Actor } from '../web/route.ts'

/** Whether the parameters of a list ask in SQL (`_where`) and the actor may ask the database so. */
export async function mayAskWhere(
  permissions: Permissions,
  actor: Actor | null,
  database: string,
  parameters: URLSearchParams,
): Promise<boolean> {
  return (
    parameters.has('_where') &&
    (await permissions.allowed(actor, 'execute-sql', { kind: 'database', parent: database }))
  )
}
