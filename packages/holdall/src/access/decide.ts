import { sql } from 'kysely'
import type { PermissionRule } from '../config/config.ts'
import type { InternalDatabase } from '../database/internal.ts'
import { HoldallError } from '../web/error.ts'
import type { Actor, Resource } from '../web/route.ts'
import { alsoRequired, nameResource, placeOf } from './actions.ts'
import { createGrants, type Granted } from './grants.ts'
import type { Action, Permissions } from './permissions.ts'
import { unrestricted } from './restrictions.ts'
import { compileRules, type GrantedScopes, type RuleSet } from './ruleset.ts'
import { scopeKey } from './scope.ts'

export interface PermissionsOptions {
  readonly rules: readonly PermissionRule[]
  /** Whether whoever uploaded a file may edit it, may delete it. */
  readonly ownersCanEdit?: boolean
  readonly ownersCanDelete?: boolean
}

const NO_GRANTS: GrantedScopes = new Set()
const NOBODYS: ReadonlySet<string> = new Set()
const NOTHING_GRANTED: Granted = { byActor: new Map(), kept: new Map() }

/** The permissions of the server: the file's rules, the grants of the people page, and what tokens are restricted to. */
export function createPermissions(db: InternalDatabase, options: PermissionsOptions): Permissions {
  const ruleSet: RuleSet = compileRules(options.rules)
  const grants = createGrants(db)
  const ownersMay: ReadonlySet<Action> = new Set([
    ...(options.ownersCanEdit ? (['files-edit'] as const) : []),
    ...(options.ownersCanDelete ? (['files-delete'] as const) : []),
  ])

  async function among(actor: Actor | null, action: Action, resources: readonly Resource[]): Promise<Resource[]> {
    const asksRows = actor !== null || resources.some((resource) => keeperOf(resource) !== undefined)
    const { byActor, kept } = asksRows ? await grants() : NOTHING_GRANTED
    const granted = (actor && byActor.get(actor.id)) ?? NO_GRANTS
    const owned = actor !== null && ownersMay.has(action) ? await ownFiles(db, actor.id, resources) : NOBODYS
    function isTheirs({ child = '', isOwn = false }: Resource): boolean {
      return owned.has(child) || (isOwn && actor !== null && ownersMay.has(action))
    }
    function may(asked: Action, resource: Resource): boolean {
      if (!unrestricted(actor, asked, resource)) return false
      const ownsIt = asked === action && resource.kind === 'file' && isTheirs(resource)
      const keeper = keeperOf(resource)
      const own = keeper && kept.get(scopeKey('', keeper))
      if (!ruleSet.decide(actor, asked, resource, granted, ownsIt, own)) return false
      const required = alsoRequired(asked)
      return required === undefined || may(required, resource)
    }
    return resources.filter((resource) => may(action, resource))
  }

  return {
    among,
    async allowed(actor, action, resource) {
      return (await among(actor, action, [resource])).length > 0
    },
    async demand(actor, action, resource) {
      if ((await among(actor, action, [resource])).length > 0) return
      const place = placeOf(resource)
      if (actor === null) throw signInRequired(action, place)
      throw new HoldallError('permission_denied', { action, resource: nameResource(resource), place })
    },
  }
}

/** What may keep, with its row, who may do what to the resource: a collection itself, of a file its source. */
function keeperOf(resource: Resource): Resource | undefined {
  const { kind, parent } = resource
  if (kind === 'collection') return resource
  return (kind === 'source' || kind === 'file') && parent !== undefined ? { kind: 'source', parent } : undefined
}

/** The refusal of whoever has not signed in, with the header that RFC 9110 asks of every 401. */
export function signInRequired(action: string, place?: string): HoldallError {
  return new HoldallError(
    'sign_in_required',
    { action, place },
    { headers: { 'WWW-Authenticate': 'Bearer realm="Holdall"' } },
  )
}

async function ownFiles(
  db: InternalDatabase,
  actorId: string,
  resources: readonly Resource[],
): Promise<ReadonlySet<string>> {
  const ids = resources.flatMap(({ kind, child }) => (kind === 'file' && child !== undefined ? [child] : []))
  if (ids.length === 0) return NOBODYS
  const wanted = JSON.stringify(ids)
  // A file in the trash is still its owner's, to restore.
  const { rows } = await sql<{ id: string }>`SELECT id FROM datasette_files
      WHERE id IN (SELECT value FROM json_each(${wanted})) AND uploaded_by = ${actorId}
    UNION ALL SELECT id FROM datasette_files_trash
      WHERE id IN (SELECT value FROM json_each(${wanted})) AND uploaded_by = ${actorId}`.execute(db.read)
  return new Set(rows.map(({ id }) => id))
}
