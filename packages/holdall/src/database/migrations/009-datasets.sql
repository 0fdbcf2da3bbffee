CREATE TABLE organizations (
  id TEXT PRIMARY KEY,                    -- a UUID in lower case
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT, WITHOUT ROWID;

CREATE TABLE collections (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- what datasets point to: another collection may get the id of a deleted one
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  id TEXT NOT NULL,
  label TEXT,
  source TEXT,                            -- slug; null: the only source, or the first
  catalog TEXT,                           -- null: embedded
  origin TEXT NOT NULL CHECK (origin IN ('configuration', 'runtime')),
  allow TEXT NOT NULL DEFAULT '{}',       -- JSON: allow blocks by action
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  created_by TEXT,
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  deleted_at TEXT
) STRICT;
CREATE UNIQUE INDEX collections_live ON collections (organization_id, id) WHERE deleted_at IS NULL;

CREATE TABLE datasets (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,                -- a UUID in lower case
  collection INTEGER NOT NULL REFERENCES collections (seq),
  source_type TEXT NOT NULL,              -- what made it: multipart_parquet_upload
  upload_id TEXT,                         -- of the session; it is gone before the dataset is
  filename TEXT NOT NULL,
  table_name TEXT NOT NULL UNIQUE,
  catalog_database TEXT,                  -- as the catalog answered; null in the embedded one
  catalog_table TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  columns TEXT NOT NULL,                  -- JSON list
  column_count INTEGER NOT NULL,
  row_groups TEXT NOT NULL,               -- JSON
  row_count INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  warnings TEXT NOT NULL DEFAULT '[]',    -- JSON list of {column, message}
  steps_log TEXT NOT NULL DEFAULT '[]',   -- copied from the session, which expires
  uploaded_by TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  deletion_requested_at TEXT,             -- in the trash since
  deletion_requested_by TEXT,
  deleted_at TEXT                         -- its objects are gone since
) STRICT;
CREATE INDEX datasets_live ON datasets (collection, seq) WHERE deletion_requested_at IS NULL;
CREATE INDEX datasets_trashed ON datasets (collection, seq) WHERE deletion_requested_at IS NOT NULL;

-- One row for each object, in the order in which they were added.
CREATE TABLE dataset_files (
  dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  role TEXT NOT NULL DEFAULT 'data' CHECK (role IN ('data', 'original')), -- original: what was converted
  source_id INTEGER NOT NULL REFERENCES datasette_files_sources (id),
  path TEXT NOT NULL,
  filename TEXT NOT NULL,                 -- as it was sent
  size_bytes INTEGER NOT NULL,
  row_count INTEGER,                      -- null where nobody counts: an original
  etag TEXT,
  content_hash TEXT,
  added_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  PRIMARY KEY (dataset_id, version, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_files_objects ON dataset_files (source_id, path);

-- The allow blocks of collections are kept in memory beside the grants, and read again when these are.
CREATE TRIGGER collections_inserted AFTER INSERT ON collections BEGIN
  UPDATE grants_revision SET revision = revision + 1;
END;
CREATE TRIGGER collections_allowed AFTER UPDATE OF allow, deleted_at, id, organization_id ON collections BEGIN
  UPDATE grants_revision SET revision = revision + 1;
END;

-- What was granted on everything holds for what is new in it.
INSERT INTO grants (actor_id, action, resource_kind, granted_by)
  SELECT g.actor_id, added.action, 'instance', g.granted_by
  FROM grants AS g JOIN (
    SELECT 'files-browse' AS beside, 'view-collection' AS action
    UNION ALL SELECT 'files-browse', 'query-collection'
    UNION ALL SELECT 'files-upload', 'edit-collection'
    UNION ALL SELECT 'files-manage-sources', 'manage-collections'
  ) AS added ON added.beside = g.action
  WHERE g.resource_kind = 'instance'
  ON CONFLICT DO NOTHING;
