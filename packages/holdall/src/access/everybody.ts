import { formatCount } from '../web/format.ts'
import type { Actor, Resource } from '../web/route.ts'
import { actionWords, listWords } from './action-words.ts'
import { actionKind } from './actions.ts'
import type { Place } from './people.ts'
import type { Action, Permissions } from './permissions.ts'
import { SOMEBODY } from './ruleset.ts'

/** How many names a sentence holds before the rest is counted. */
const MOST_NAMES = 4

/** What may be done to rows and files, beside looking at them, in the order in which it is told. */
const CHANGES = [
  'insert-row',
  'update-row',
  'delete-row',
  'files-upload',
  'files-edit',
  'files-delete',
] as const satisfies Action[]
const RULING = [
  ...(['create-table', 'set-column-type', 'files-manage-sources'] as const),
  ...(['manage-collections', 'manage-people'] as const),
] as const satisfies Action[]

/** What people may do without a grant, in words that follow "may". */
export interface EverybodyMay {
  /** Signed in or not; undefined when they may do nothing. */
  readonly everybody: string | undefined
  /** What signing in adds to that; undefined when it adds nothing. */
  readonly signedIn: string | undefined
  /** Whether no right is needed to see all tables: of whom that is true. */
  readonly seeAll: 'everybody' | 'whoever is signed in' | undefined
}

const SEE_ALL = 'see all databases and tables'

/** Asks the rules themselves, so that what is said is what holds. */
export async function everybodyMay(permissions: Permissions, places: readonly Place[]): Promise<EverybodyMay> {
  const [everybody, signedIn] = await Promise.all([
    mayDo(permissions, places, null),
    mayDo(permissions, places, SOMEBODY),
  ])
  const more = signedIn.filter((words) => !everybody.includes(words))
  return {
    everybody: listWords(everybody) || undefined,
    signedIn: listWords(more) || undefined,
    seeAll: everybody.includes(SEE_ALL) ? 'everybody' : more.includes(SEE_ALL) ? 'whoever is signed in' : undefined,
  }
}

async function mayDo(permissions: Permissions, places: readonly Place[], actor: Actor | null): Promise<string[]> {
  const said = [...(await seeing(permissions, places, actor))]
  for (const action of ['files-browse', ...CHANGES, ...RULING] as const) {
    const kind = actionKind(action)
    const resources: Resource[] =
      kind === 'instance'
        ? [{ kind: 'instance' }]
        : places.filter(({ resource }) => resource.kind === kind).map(({ resource }) => resource)
    const allowed = await permissions.among(actor, action, resources)
    const names = allowed.map((resource) => (kind === 'instance' ? 'this server' : placeName(places, resource)))
    const words = names.length === 0 ? undefined : actionWords(action, some(names, resources.length, kind))
    if (words !== undefined) said.push(words)
  }
  return said
}

// Tables are seen through their database: a table that is open in a closed one is still reached by its own address.
async function seeing(permissions: Permissions, places: readonly Place[], actor: Actor | null): Promise<string[]> {
  const of = (kind: Resource['kind']) =>
    places.filter(({ resource }) => resource.kind === kind).map(({ resource }) => resource)
  const [databases, tables] = [of('database'), of('table')]
  const [seen, asked] = await Promise.all([
    permissions.among(actor, 'view-table', tables),
    permissions.among(actor, 'execute-sql', databases),
  ])
  const words: string[] = []
  if (tables.length > 0 && seen.length === tables.length) words.push(SEE_ALL)
  else if (seen.length > 0) words.push(`see the ${seen.length === 1 ? 'table' : 'tables'} ${names(places, seen)}`)
  // SQL reads whatever is in its database, tables that are closed one by one too.
  const open = new Set(seen.map(({ parent, child }) => JSON.stringify([parent, child])))
  const through = asked.filter(({ parent }) =>
    tables.some((table) => table.parent === parent && !open.has(JSON.stringify([parent, table.child]))),
  )
  if (through.length > 0) words.push(`read everything in ${names(places, through)} with SQL`)
  return words
}

function names(places: readonly Place[], resources: readonly Resource[]): string {
  return shorten(resources.map((resource) => placeName(places, resource)))
}

function some(all: readonly string[], outOf: number, kind: string): string {
  const whole = { table: 'all tables', database: 'all databases', source: 'all sources' }[kind]
  return whole !== undefined && outOf > 1 && all.length === outOf ? whole : shorten(all)
}

function shorten(all: readonly string[]): string {
  return all.length <= MOST_NAMES + 1
    ? listWords(all)
    : listWords([...all.slice(0, MOST_NAMES), formatCount(all.length - MOST_NAMES, 'other')])
}

function placeName(places: readonly Place[], { kind, parent = '', child }: Resource): string {
  const label = places.find(({ resource }) => resource.kind === kind && resource.parent === parent)?.label
  return child ?? label ?? parent
}
