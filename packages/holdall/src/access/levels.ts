import type { Resource } from '../web/route.ts'
import { tildeDecode, tildeEncode } from '../web/url.ts'
import type { Action } from './permissions.ts'

/** What the people page grants, from less to more; each holds what the one before it holds. */
export const LEVELS = ['view', 'edit', 'manage'] as const
export type Level = (typeof LEVELS)[number]

export const LEVEL_LABELS: Readonly<Record<Level, string>> = { view: 'View', edit: 'Add and edit', manage: 'Manage' }

/** What each level lets people do, for whoever chooses one. */
export const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  view: 'View: look at the rows of tables, the files of sources, the datasets of collections with their rows, and ask them; change nothing',
  edit: 'Add and edit: insert and change rows of tables, upload and edit files of sources, add and delete datasets; not delete rows or files',
  manage: 'Manage: all that, and delete, set up tables and, on everything, make collections and let people in',
}

export type GrantKind = 'instance' | 'database' | 'table' | 'source' | 'collection'
export type GrantResource = Resource & { readonly kind: GrantKind }

// SQL is open by default; whoever closes it in the file has a reason that a click on "Manage" must not undo.
const ADDED: Readonly<Record<GrantKind, Readonly<Record<Level, readonly Action[]>>>> = {
  table: {
    view: ['view-table'],
    edit: ['insert-row', 'update-row'],
    manage: ['delete-row', 'set-column-type'],
  },
  database: {
    view: ['view-database', 'view-table'],
    edit: ['insert-row', 'update-row'],
    manage: ['delete-row', 'set-column-type', 'create-table'],
  },
  source: {
    view: ['files-browse'],
    edit: ['files-upload', 'files-edit'],
    manage: ['files-delete'],
  },
  collection: {
    view: ['view-collection', 'query-collection'],
    edit: ['edit-collection'],
    manage: [],
  },
  instance: {
    view: ['view-instance', 'view-database', 'view-table', 'files-browse', 'view-collection', 'query-collection'],
    edit: ['insert-row', 'update-row', 'files-upload', 'files-edit', 'edit-collection'],
    manage: [
      ...(['delete-row', 'set-column-type', 'create-table', 'files-delete', 'files-manage-sources'] as const),
      ...(['manage-collections', 'manage-people'] as const),
    ],
  },
}

/** The actions of a level, the lower levels' first. */
export function actionsOf(level: Level, kind: GrantKind): Action[] {
  return LEVELS.slice(0, LEVELS.indexOf(level) + 1).flatMap((each) => ADDED[kind][each])
}

/** The level that these actions come to, as far as they may be granted; undefined when they are something else. */
export function levelOf(
  actions: ReadonlySet<Action>,
  kind: GrantKind,
  grantable: (action: Action) => boolean,
): Level | undefined {
  // A level that adds nothing to the one before is not what anybody has.
  return LEVELS.findLast((level) => {
    if (ADDED[kind][level].length === 0) return false
    const wanted = actionsOf(level, kind).filter(grantable)
    return wanted.length === actions.size && wanted.every((action) => actions.has(action))
  })
}

/** A resource as one text, for forms and JSON: `instance`, `database:products`, `table:products/inventory`, `source:photos`, `collection:ID/ORGANIZATION`. */
export function formatResource({ kind, parent, child }: Resource): string {
  if (parent === undefined) return kind
  const names = child === undefined ? [parent] : [parent, child]
  return `${kind}:${names.map(tildeEncode).join('/')}`
}

/** The resource that a text names; undefined when it names none. */
export function parseResource(text: string): GrantResource | undefined {
  if (text === 'instance') return { kind: 'instance' }
  const [, kind, path = ''] = /^(database|table|source|collection):(.+)$/s.exec(text) ?? []
  const [parent = '', child, ...more] = path.split('/').map(tildeDecode)
  if (kind === undefined || parent === '' || more.length > 0) return undefined
  if (kind === 'table' || kind === 'collection') {
    return child === undefined || child === '' ? undefined : { kind, parent, child }
  }
  return child === undefined ? { kind: kind as 'database' | 'source', parent } : undefined
}

/** A resource as people read it: "everything", "table products / inventory". */
export function resourceWords({ kind, parent, child }: Resource): string {
  if (parent === undefined) return 'everything'
  return `${kind} ${child === undefined || kind === 'collection' ? parent : `${parent} / ${child}`}`
}
