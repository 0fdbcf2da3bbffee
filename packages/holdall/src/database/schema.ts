import type { ColumnType, Generated } from 'kysely'

/** ISO 8601 in UTC with milliseconds; the database fills it in. */
type CreatedAt = ColumnType<string, string | undefined, never>

export interface SourceTable {
  id: Generated<number>
  slug: string
  storage_type: string
  label: string | null
  config: Generated<string>
  last_sync_token: string | null
  created_at: CreatedAt
  origin: 'configuration' | 'default' | 'runtime'
  active: Generated<number>
  settings: Generated<string>
  allow: Generated<string>
  created_by: Generated<string | null>
  updated_at: Generated<string | null>
  revision: Generated<number>
}

export interface SourcesRevisionTable {
  id: number
  revision: number
}

export interface FileTable {
  seq: Generated<number>
  id: string
  source_id: number
  path: string
  filename: string
  content_type: string | null
  declared_type: string | null
  content_hash: string | null
  size: number | null
  width: number | null
  height: number | null
  uploaded_by: string | null
  created_at: CreatedAt
  metadata: Generated<string>
  search_text: Generated<string>
  adopted: Generated<number>
  version: string | null
  modified_at: string | null
  changed_at: string | null
  missing_since: string | null
  unreadable: Generated<UnreadableReason | null>
}

export type UnreadableReason = 'empty' | 'other_bytes' | 'cut_off' | 'damaged'

export interface FileHistoryTable {
  id: Generated<number>
  file_id: string
  replaced_at: CreatedAt
  size: number | null
  content_hash: string | null
  content_type: string | null
  version: string | null
  modified_at: string | null
}

export interface FileMoveTable {
  id: Generated<number>
  file_id: string
  from_path: string
  to_path: string
  missing_since: string | null
  moved_at: string
  moved_by: string | null
  replaced_id: string
  undo: string | null
}

export interface FileTextTable {
  file_id: string
  text: string
}

export interface FileWorkTable {
  file_id: string
  kind: 'facts' | 'text' | 'hash' | 'whole'
  attempts: Generated<number>
  not_before: Generated<string>
  lease_process: string | null
}

export interface FilesVanishedTable {
  only: number
  /** How many ids have become ones that no file has. */
  ids: number
}

export interface FileTrashTable {
  id: string
  source_id: number
  path: string
  filename: string
  size: number | null
  content_hash: string | null
  uploaded_by: string | null
  trashed_at: Generated<string>
  trashed_by: string | null
  batch: string
  purge_after: string | null
  purging: Generated<number>
  lease_process: string | null
  lease_until: string | null
  record: string
  work: Generated<string>
  entered: Generated<number>
}

export interface FilesTrashEntriesTable {
  only: number
  last: number
}

export interface FilesEmptyingTable {
  id: Generated<number>
  scope: string
  q: string
  up_to: number
  hidden: number
  asked_at: CreatedAt
  asked_by: string | null
}

export interface SyncRunTable {
  id: Generated<number>
  source_id: number
  status: 'running' | 'completed' | 'failed'
  started_at: CreatedAt
  started_by: string | null
  finished_at: string | null
  phase: Generated<'listing' | 'missing'>
  cursor: string | null
  listed: Generated<number>
  added: Generated<number>
  changed: Generated<number>
  missing: Generated<number>
  returned: Generated<number>
  moved: Generated<number>
  left_out: Generated<number>
  failure_reason: string | null
  lease_owner: string | null
  lease_until: string | null
  lease_process: string | null
  fence: Generated<number>
}

export interface SyncSeenTable {
  run_id: number
  chunk: number
  bits: Uint8Array
}

export interface SyncKnownPageTable {
  source_id: number
  digest: string
  revision: number
  seqs: string
  run_id: number
}

export interface FileRevisionTable {
  source_id: number
  revision: number
}

export interface FileTotalsTable {
  source_id: number
  files: number
  bytes: number
  hashed: Generated<number>
}

export interface FileSearchTable {
  rowid: number
  datasette_files_fts: string
}

export interface FileTypeTable {
  id: Generated<number>
  type: string
}

export interface ActorTable {
  id: string
  name: string | null
  created_at: CreatedAt
  created_by: string | null
  last_seen_at: string | null
}

export interface SignInLinkTable {
  id: string
  token_hash: string
  actor_id: string
  created_at: CreatedAt
  created_by: string | null
  expires_at: string
  used_at: string | null
  revoked_at: string | null
}

export interface SessionTable {
  id: string
  token_hash: string
  actor_id: string
  created_at: CreatedAt
  used_at: Generated<string>
  expires_at: string
  revoked_at: string | null
  user_agent: string | null
}

export interface TokenTable {
  id: string
  token_hash: string
  actor_id: string
  name: string
  restrictions: string | null
  made_with: string | null
  created_at: CreatedAt
  used_at: string | null
  expires_at: string | null
  revoked_at: string | null
}

export interface SecretTable {
  name: string
  sealed: Uint8Array
  updated_at: Generated<string>
}

export interface GrantTable {
  id: Generated<number>
  actor_id: string
  action: string
  resource_kind: string
  resource_parent: Generated<string>
  resource_child: Generated<string>
  granted_by: string | null
  created_at: CreatedAt
}

export interface GrantsRevisionTable {
  id: number
  revision: number
}

export type UploadStatus = 'initiated' | 'completing' | 'completed' | 'failed' | 'aborted' | 'expired'

/** What it becomes. */
export type UploadPurpose = 'file' | 'dataset'

/** How the bytes come: through here in one request, in one straight to the storage, or in parts. */
export type UploadKind = 'post' | 'put' | 'direct' | 'parts'

export interface UploadSessionTable {
  id: string
  source_id: number
  file_id: string
  path: string
  filename: string
  declared_type: string | null
  declared_size: number | null
  token_hash: string | null
  actor_id: string | null
  status: UploadStatus
  completion_status: string | null
  completion_steps_log: Generated<string>
  failure_reason: string | null
  received: string | null
  lease_owner: string | null
  lease_until: string | null
  lease_process: string | null
  fence: Generated<number>
  created_at: CreatedAt
  updated_at: Generated<string>
  completed_at: string | null
  ttl: number
  kind: Generated<UploadKind>
  part_size: number | null
  part_count: number | null
  storage_upload: string | null
  clear_at: string | null
  due_at: Generated<string>
  purpose: Generated<UploadPurpose>
  organization_id: string | null
  collection_id: string | null
  made: string | null
  retryable: Generated<number>
}

export interface MetadataColumnTable {
  database_name: string
  resource_name: string
  column_name: string
  key: string
  value: string | null
}

export type AttachStatus = 'planned' | 'applying' | 'applied' | 'undoing' | 'undone' | 'failed'

export interface AttachRunTable {
  id: string
  database_name: string
  table_name: string
  column_name: string
  actor_id: string | null
  status: AttachStatus
  match: string | null
  revision: Generated<number>
  choices: Generated<number>
  cells: Generated<number>
  files: Generated<number>
  restored: number | null
  failure_reason: string | null
  created_at: CreatedAt
  applied_at: string | null
  undone_at: string | null
  undone_by: string | null
  process: string | null
  since: string | null
}

export interface AttachLineTable {
  run_id: string
  position: number
  file_id: string
  state: string
  rows: Generated<string>
  row_count: Generated<number>
  chosen: string | null
  note: string | null
}

export interface AttachCellTable {
  run_id: string
  position: number
  row_key: string
  before: string | null
  after: string
  files: string
  outcome: 'restored' | 'changed' | 'gone' | null
  described: Generated<0 | 1>
}

export interface OrganizationTable {
  id: string
  created_at: CreatedAt
}

export interface CollectionTable {
  seq: Generated<number>
  organization_id: string
  id: string
  label: string | null
  source: string | null
  catalog: string | null
  origin: 'configuration' | 'runtime'
  allow: Generated<string>
  created_at: CreatedAt
  created_by: string | null
  updated_at: Generated<string>
  deleted_at: string | null
}

export interface DatasetTable {
  seq: Generated<number>
  id: string
  collection: number
  source_type: string
  upload_id: string | null
  filename: string
  table_name: string
  catalog_database: string | null
  catalog_table: string | null
  version: Generated<number>
  columns: string
  column_count: number
  row_groups: string
  row_count: number
  size_bytes: number
  warnings: Generated<string>
  steps_log: Generated<string>
  uploaded_by: string | null
  created_at: CreatedAt
  updated_at: Generated<string>
  deletion_requested_at: string | null
  deletion_requested_by: string | null
  deleted_at: string | null
  /** Null unless it was condemned. */
  purging_at: Generated<string | null>
  last_version: Generated<number>
  revision: Generated<number>
}

export interface DatasetRemovalTable {
  source_id: number
  path: string
  dataset_id: string
  size_bytes: number
  due_at: string
  attempts: Generated<number>
  lease_process: Generated<string | null>
  lease_until: Generated<string | null>
}

export interface DatasetFileTable {
  dataset_id: string
  version: number
  ordinal: number
  role: Generated<'data' | 'original'>
  source_id: number
  path: string
  filename: string
  size_bytes: number
  row_count: number | null
  etag: string | null
  content_hash: string | null
  added_at: Generated<string>
  file_id: string | null
  columns: Generated<string | null>
  row_groups: Generated<string | null>
  upload_id: Generated<string | null>
  uploaded_by: Generated<string | null>
  sheets: Generated<string | null>
}

export interface DatasetChangeTable {
  seq: Generated<number>
  dataset_id: string
  version: number
  what: 'taken_out' | 'restored' | 'trashed' | 'untrashed'
  files_gone: Generated<number>
  rows_gone: Generated<number>
  changed_at: Generated<string>
  changed_by: string | null
}

export interface DatasetBatchTable {
  id: string
  dataset_id: string
  mode: 'append' | 'replace'
  version: number | null
  file_count: number
  confirmed_at: Generated<string | null>
  confirmed_by: Generated<string | null>
  created_at: CreatedAt
  created_by: string | null
}

export interface DatasetBatchFileTable {
  upload_id: string
  batch_id: string
  looked: Generated<string | null>
  looked_at: Generated<string | null>
}

export interface DatasetStatisticsTable {
  dataset_id: string
  revision: number
  position: number
  statistics: string | null
  computed_at: Generated<string>
}

export interface DatasetStatisticsDoneTable {
  dataset_id: string
  revision: number
}

/** The tables of the internal database, as `migrations/*.sql` makes them. */
export interface Schema {
  datasette_files_sources: SourceTable
  sources_revision: SourcesRevisionTable
  datasette_files: FileTable
  datasette_files_fts: FileSearchTable
  datasette_files_types: FileTypeTable
  datasette_files_totals: FileTotalsTable
  datasette_files_revisions: FileRevisionTable
  datasette_files_history: FileHistoryTable
  datasette_files_moves: FileMoveTable
  datasette_files_text: FileTextTable
  datasette_files_work: FileWorkTable
  datasette_files_trash: FileTrashTable
  datasette_files_trash_entries: FilesTrashEntriesTable
  datasette_files_emptyings: FilesEmptyingTable
  datasette_files_vanished: FilesVanishedTable
  sync_runs: SyncRunTable
  sync_seen: SyncSeenTable
  sync_known_pages: SyncKnownPageTable
  actors: ActorTable
  sign_in_links: SignInLinkTable
  sessions: SessionTable
  tokens: TokenTable
  secrets: SecretTable
  grants: GrantTable
  grants_revision: GrantsRevisionTable
  upload_sessions: UploadSessionTable
  metadata_columns: MetadataColumnTable
  attach_runs: AttachRunTable
  dataset_statistics: DatasetStatisticsTable
  dataset_statistics_done: DatasetStatisticsDoneTable
  attach_lines: AttachLineTable
  attach_cells: AttachCellTable
  organizations: OrganizationTable
  collections: CollectionTable
  datasets: DatasetTable
  dataset_files: DatasetFileTable
  dataset_changes: DatasetChangeTable
  dataset_removals: DatasetRemovalTable
  dataset_batches: DatasetBatchTable
  dataset_batch_files: DatasetBatchFileTable
}
