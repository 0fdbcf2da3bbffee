/** What an action is done to: the deepest resource that a rule about it can be given for. */
export type ActionKind = 'instance' | 'database' | 'table' | 'source' | 'collection'

/** The actions that rules may be written for. Rules for a file are given on its source. */
export const ACTIONS: ReadonlyMap<string, ActionKind> = new Map([
  ['files-browse', 'source'],
  ['files-upload', 'source'],
  ['files-edit', 'source'],
  ['files-delete', 'source'],
  ['files-manage-sources', 'instance'],
  ['view-instance', 'instance'],
  ['view-database', 'database'],
  ['view-table', 'table'],
  ['insert-row', 'table'],
  ['update-row', 'table'],
  ['delete-row', 'table'],
  ['create-table', 'database'],
  ['set-column-type', 'table'],
  ['execute-sql', 'database'],
  ['view-collection', 'collection'],
  ['edit-collection', 'collection'],
  ['query-collection', 'collection'],
  ['manage-collections', 'instance'],
  ['manage-people', 'instance'],
])

/** Actions of Datasette and of its well-known plugins for things that are not done here at all. */
export const ACTIONS_ELSEWHERE: ReadonlySet<string> = new Set([
  'permissions-debug',
  'debug-menu',
  'view-database-download',
  'view-query',
  'update-query',
  'delete-query',
  'store-query',
  'execute-write-sql',
  'create-view',
  'drop-view',
  'alter-table',
  'drop-table',
  'datasette-write',
  'datasette-config-permissions',
  'edit-schema',
  'edit-schema-alter-table',
  'edit-schema-create-table',
  'edit-schema-drop-table',
  'edit-tables',
  'edit-templates',
  'enrichments',
  'extract',
  'manage-secrets',
  'upload-csvs',
  'upload-dbs',
])

const LEVELS: Readonly<Record<ActionKind, readonly ActionKind[]>> = {
  instance: ['instance'],
  database: ['instance', 'database'],
  table: ['instance', 'database', 'table'],
  source: ['instance', 'source'],
  collection: ['instance', 'collection'],
}

/** Whether a rule about an action on `kind` has a meaning at `level`. */
export function appliesAt(kind: ActionKind, level: ActionKind): boolean {
  return LEVELS[kind].includes(level)
}
