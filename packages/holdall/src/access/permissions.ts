import type { Actor, Resource } from '../web/route.ts'

/** Every action there is; who may do what by default is config.md's table, in `defaults.ts`. */
export type Action =
  | 'files-browse'
  | 'files-upload'
  | 'files-edit'
  | 'files-delete'
  | 'files-manage-sources'
  | 'view-instance'
  | 'view-database'
  | 'view-table'
  | 'insert-row'
  | 'update-row'
  | 'delete-row'
  | 'create-table'
  | 'set-column-type'
  | 'execute-sql'
  | 'view-collection'
  | 'edit-collection'
  | 'query-collection'
  | 'manage-collections'
  | 'manage-people'

/** Whether an actor may do an action to a resource: the one place that every room asks. */
export interface Permissions {
  allowed(actor: Actor | null, action: Action, resource: Resource): Promise<boolean>
  /** @throws HoldallError `sign_in_required` (401) for the anonymous, `permission_denied` (403) for others */
  demand(actor: Actor | null, action: Action, resource: Resource): Promise<void>
  /** Those of the resources that the actor may do the action to, in the same order, with a constant number of queries. */
  among(actor: Actor | null, action: Action, resources: readonly Resource[]): Promise<Resource[]>
}
