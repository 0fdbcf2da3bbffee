import { HoldallError } from '../web/error.ts'
import { formatCount } from '../web/format.ts'
import type { Actor } from '../web/route.ts'
import type { Access } from './access.ts'
import { ensureActor, findPerson, MAX_NAME_LENGTH, namePerson, readActorId, readLine, removePerson } from './actors.ts'
import { timeText } from './clock.ts'
import type { Fields } from './fields.ts'
import { textOf } from './fields.ts'
import { fileName } from './file-rules.ts'
import { refuseField } from './forms.ts'
import { type Grant, setGrants } from './grants.ts'
import { actionsOf, formatResource, type GrantResource, LEVELS, type Level, levelOf, parseResource } from './levels.ts'
import type { Action } from './permissions.ts'
import { isRestricted } from './restrictions.ts'
import { ROOT } from './ruleset.ts'
import { revokeSessions } from './sessions.ts'
import { revokeLinks } from './sign-in-links.ts'
import { revokeToken } from './tokens.ts'

/** Something that can be granted: a database, a table, a source, a collection. */
export interface Place {
  readonly resource: GrantResource
  /** What people call it, where that is not its name. */
  readonly label?: string
  /** Of a table: its columns whose cells hold files. */
  readonly fileColumns?: readonly FilesColumn[]
  /** `false` of a source that is only read. */
  readonly takesUploads?: false
}

/** A column whose cells hold files. */
export interface FilesColumn {
  readonly name: string
  /** The slug of the source that new files go to; undefined: to any. */
  readonly source?: string
}

/** What a change came to. */
export interface PeopleChange {
  readonly actorId: string
  /** What to say: "Sessions ended". */
  readonly said: string
  /** The path of a new sign-in link. */
  readonly link?: { readonly id: string; readonly path: string; readonly expiresAt: string }
  /** The person is known no more. */
  readonly removed?: boolean
  /** What the file decides and was therefore not granted. */
  readonly leftToFile?: readonly Action[]
  readonly granted?: Pick<GrantedPlace, 'resource' | 'actions'>
}

export interface PeopleOptions {
  readonly access: Access
  /** Everything that can be granted, beside the instance. */
  readonly places: () => Promise<readonly Place[]>
}

/** How many rights an invitation holds; more are granted on the person's page. */
export const MAX_INVITED_RIGHTS = 4

export const PEOPLE_OPERATIONS = [
  'invite',
  'link',
  'name',
  'grant',
  'revoke-grant',
  'revoke-link',
  'revoke-session',
  'revoke-token',
  'remove',
] as const

/**
 * Does what a form or a JSON object of the people page asks: `op`, `actor`, and what belongs to the operation.
 *
 * @param by who asks; that they may manage people is settled
 * @throws HoldallError with the field that it refuses
 */
export async function changePeople(
  { access, places }: PeopleOptions,
  by: Actor,
  fields: Fields,
): Promise<PeopleChange> {
  const { db, now } = access
  const op = fields.op
  const actorId = readActorId(fields.actor)
  if (actorId === ROOT && by.id !== ROOT)
    throw new HoldallError(
      'permission_denied',
      { action: 'manage-people', resource: ROOT },
      { errors: ['Permission denied: only root lets in root and ends what lets root in.'] },
    )

  switch (op) {
    case 'invite': {
      refuseLinkBy(by)
      const name = readName(fields.name)
      const granted = await readGrants(access, places, fields)
      const link = await access.createSignInLink(actorId, by.id)
      if (name !== null) await namePerson(db, actorId, name)
      for (const { resource, actions } of granted) await setGrants(db, actorId, resource, actions, by.id)
      const leftToFile = [...new Set(granted.flatMap((grant) => grant.leftToFile))]
      return { actorId, said: `Link for ${actorId} made`, link, leftToFile }
    }
    case 'link': {
      refuseLinkBy(by)
      return { actorId, said: `Link for ${actorId} made`, link: await access.createSignInLink(actorId, by.id) }
    }
    case 'name': {
      await findPerson(db, timeText(now()), actorId)
      await namePerson(db, actorId, readName(fields.name))
      return { actorId, said: 'Name saved' }
    }
    case 'grant': {
      const { resource, actions, leftToFile } = await readGrant(access, places, fields)
      await db.write((trx) => ensureActor(trx, actorId, by.id))
      await setGrants(db, actorId, resource, actions, by.id)
      return { actorId, said: 'Granted', leftToFile, granted: { resource, actions: [...actions, ...leftToFile] } }
    }
    case 'revoke-grant': {
      await setGrants(db, actorId, readResource(fields), [], by.id)
      return { actorId, said: 'Grant taken back' }
    }
    case 'revoke-link': {
      const ended = await revokeLinks(db, now, actorId, optional(fields, 'id'))
      return { actorId, said: saidEnded(ended, 'link') }
    }
    case 'revoke-session': {
      const ended = await revokeSessions(db, now, actorId, optional(fields, 'id'))
      return { actorId, said: saidEnded(ended, 'session') }
    }
    case 'revoke-token': {
      if ((await revokeToken(db, now, actorId, textOf(fields, 'id'))) === 0) throw new HoldallError('token_not_found')
      return { actorId, said: 'Token revoked' }
    }
    case 'remove': {
      if (actorId === ROOT) refuseField('actor', 'root cannot be removed. End its sessions and links instead.')
      if (actorId === by.id) refuseField('actor', 'You cannot remove yourself. Somebody else who manages people can.')
      await removePerson(db, actorId)
      return { actorId, said: `${actorId} removed`, removed: true }
    }
    default:
      return refuseField('op', `op must be one of ${PEOPLE_OPERATIONS.join(', ')}.`)
  }
}

function saidEnded(count: number, what: string): string {
  return count === 1 ? `${capitalized(what)} ended` : `${formatCount(count, what)} ended`
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}

// A link opens a session without restrictions, so a restricted token that made one would have none either.
function refuseLinkBy(by: Actor): void {
  if (isRestricted(by)) {
    throw new HoldallError('permission_denied', { action: 'making sign-in links', resource: 'a restricted token' })
  }
}

function readName(value: unknown): string | null {
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return null
  return readLine(value, 'name', 'The name', MAX_NAME_LENGTH)
}

function optional(fields: Fields, name: string): string | undefined {
  return textOf(fields, name) || undefined
}

function readResource(fields: Fields, name = 'resource'): GrantResource {
  if (textOf(fields, name) === '')
    refuseField(name, 'Choose where: a database, a table, a source, a collection, or everything.')
  const resource = parseResource(textOf(fields, name))
  return (
    resource ??
    refuseField(
      name,
      'Must be instance, database:NAME, table:DATABASE/TABLE, source:NAME or collection:ID/ORGANIZATION.',
    )
  )
}

/** The names under which a form says one right. @param row which of the invitation's rows, from 1 */
export function rightFields(row: number): { readonly level: string; readonly resource: string } {
  return row === 1 ? { level: 'level', resource: 'resource' } : { level: `level_${row}`, resource: `resource_${row}` }
}

// Refused before anything is made: an invitation is taken whole or not at all.
async function readGrants(access: Access, places: PeopleOptions['places'], fields: Fields): Promise<WantedGrant[]> {
  const wanted: WantedGrant[] = []
  for (let row = 1; row <= MAX_INVITED_RIGHTS; row += 1) {
    if (textOf(fields, rightFields(row).level) !== '') wanted.push(await readGrant(access, places, fields, row))
  }
  return wanted
}

interface WantedGrant {
  readonly resource: GrantResource
  readonly actions: readonly Action[]
  readonly leftToFile: readonly Action[]
}

async function readGrant(
  access: Access,
  places: PeopleOptions['places'],
  fields: Fields,
  row = 1,
): Promise<WantedGrant> {
  const names = rightFields(row)
  const level = fields[names.level]
  if (!isLevel(level)) refuseField(names.level, `Must be one of ${LEVELS.join(', ')}.`)
  const resource = readResource(fields, names.resource)
  const wanted = formatResource(resource)
  if (resource.kind !== 'instance' && !(await places()).some((place) => formatResource(place.resource) === wanted)) {
    refuseField(names.resource, `There is no ${resource.kind} of that name.`)
  }
  const all = actionsOf(level, resource.kind)
  const leftToFile = all.filter((action) => access.ruleSet.about(action, resource).length > 0)
  const actions = all.filter((action) => !leftToFile.includes(action))
  if (actions.length === 0) {
    const rules = leftToFile.flatMap((action) => access.ruleSet.about(action, resource).map(({ path }) => path))
    const values = { file: fileName(access.config), rules: [...new Set(rules)].join(', ') }
    const { message } = new HoldallError('file_decides', values)
    throw new HoldallError('file_decides', values, { fields: { [names.resource]: message } })
  }
  return { resource, actions, leftToFile }
}

function isLevel(value: unknown): value is Level {
  return LEVELS.some((level) => level === value)
}

/** What one actor was granted on one resource. */
export interface GrantedPlace {
  readonly resource: GrantResource
  readonly actions: readonly Action[]
  readonly level: Level | undefined
  /** Those of the actions, and of the level's, that the file decides by now. */
  readonly decidedByFile: readonly Action[]
}

/** Grants gathered by resource, in the order in which they were made. */
export function gatherGrants(access: Pick<Access, 'ruleSet'>, grants: readonly Grant[]): GrantedPlace[] {
  const byResource = new Map<string, { resource: GrantResource; actions: Action[] }>()
  for (const { resource, action } of grants) {
    const key = formatResource(resource)
    const there = byResource.get(key) ?? { resource: resource as GrantResource, actions: [] }
    there.actions.push(action)
    byResource.set(key, there)
  }
  return [...byResource.values()].map(({ resource, actions }) => {
    const silent = (action: Action) => access.ruleSet.about(action, resource).length === 0
    const effective = actions.filter(silent)
    const level = levelOf(new Set(effective), resource.kind, silent)
    const meant = level === undefined ? actions : actionsOf(level, resource.kind)
    return { resource, actions, level, decidedByFile: meant.filter((action) => !silent(action)) }
  })
}
