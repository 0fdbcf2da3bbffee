import { formatResource, type GrantResource, LEVELS, type Level } from './levels.ts'
import type { FilesColumn, GrantedPlace, Place } from './people.ts'
import type { Action, Permissions } from './permissions.ts'

/** What somebody cannot do with the files of a column although its rows were granted: files have rights of their own. */
export interface MissingRight {
  /** "makers.portrait" */
  readonly columns: readonly string[]
  readonly lacks: 'upload' | 'view'
  /** What has to be granted too; undefined where any source would do. */
  readonly source: Place | undefined
  /** The level to grant there; undefined where that would not help, or would take something away. */
  readonly level: Level | undefined
}

export interface MissingRightsOptions {
  readonly permissions: Permissions
  /** Whether the configuration file speaks about it: a grant changes nothing then. */
  readonly fileDecides: (action: Action, resource: GrantResource) => boolean
  readonly places: readonly Place[]
  readonly grants: readonly GrantedPlace[]
  readonly actorId: string
}

/** Asks the rules themselves, one time for all sources, whatever lets the person upload or look. */
export async function missingRights(options: MissingRightsOptions): Promise<MissingRight[]> {
  const { permissions, places, grants, actorId } = options
  const wanted = columnsGranted(places, grants)
  if (wanted.length === 0) return []
  const sources = places.filter(({ resource }) => resource.kind === 'source')
  const taking = sources.filter(({ takesUploads = true }) => takesUploads)
  const [uploadable, browsable] = await Promise.all(
    (
      [
        ['files-upload', taking],
        ['files-browse', sources],
      ] as const
    ).map(async ([action, asked]) => {
      const resources = asked.map(({ resource }) => resource)
      const allowed = await permissions.among({ id: actorId }, action, resources)
      return new Set(allowed.map(({ parent }) => parent))
    }),
  )
  const missing = new Map<string, MissingRight & { readonly columns: string[] }>()
  for (const { name, source: slug, changes } of wanted) {
    const source = sources.find(({ resource }) => resource.parent === slug)
    // A source that is no longer there cannot be granted.
    if (slug !== undefined && source === undefined) continue
    // Of one that takes no uploads files are picked.
    const lacks = changes && (source?.takesUploads ?? true) ? 'upload' : 'view'
    const open = lacks === 'upload' ? uploadable : browsable
    if (open === undefined || (slug === undefined ? !changes || open.size > 0 : open.has(slug))) continue
    const key = JSON.stringify([lacks, slug])
    const known = missing.get(key)
    if (known) known.columns.push(name)
    else
      missing.set(key, { columns: [name], lacks, source, level: source && levelFor(options, lacks, source.resource) })
  }
  return [...missing.values()]
}

interface GrantedColumn extends FilesColumn {
  /** With the table that it is in. */
  readonly name: string
  /** Whether its cells may be changed, and not only looked at. */
  readonly changes: boolean
}

/** The file columns of the tables that were granted, one by one or with their database. */
function columnsGranted(places: readonly Place[], grants: readonly GrantedPlace[]): GrantedColumn[] {
  return places.flatMap(({ resource, fileColumns = [] }) => {
    const actions = grants
      .filter(({ resource: { kind, parent, child } }) =>
        kind === 'table' ? parent === resource.parent && child === resource.child : parent === resource.parent,
      )
      .filter(({ resource: { kind } }) => kind === 'table' || kind === 'database')
      .flatMap((grant) => grant.actions)
    if (actions.length === 0) return []
    const changes = actions.includes('insert-row') || actions.includes('update-row')
    return fileColumns.map((column) => ({ ...column, name: `${resource.child}.${column.name}`, changes }))
  })
}

function levelFor(
  { fileDecides, grants }: MissingRightsOptions,
  lacks: MissingRight['lacks'],
  resource: GrantResource,
): Level | undefined {
  if (fileDecides(lacks === 'upload' ? 'files-upload' : 'files-browse', resource)) return undefined
  const level = lacks === 'upload' ? 'edit' : 'view'
  const there = grants.find((grant) => formatResource(grant.resource) === formatResource(resource))
  // A grant takes the place of the one before it.
  if (there === undefined) return level
  return there.level !== undefined && LEVELS.indexOf(there.level) < LEVELS.indexOf(level) ? level : undefined
}
