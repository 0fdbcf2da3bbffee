-- That a dataset went to the trash and came back is told with what else became of it.
CREATE TABLE dataset_changes_with_trash (
  seq INTEGER PRIMARY KEY,
  dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,               -- the present one from then on
  what TEXT NOT NULL CHECK (what IN ('taken_out', 'restored', 'trashed', 'untrashed')),
  files_gone INTEGER NOT NULL DEFAULT 0,
  rows_gone INTEGER NOT NULL DEFAULT 0,
  changed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  changed_by TEXT
) STRICT;
INSERT INTO dataset_changes_with_trash SELECT * FROM dataset_changes;
DROP TABLE dataset_changes;
ALTER TABLE dataset_changes_with_trash RENAME TO dataset_changes;
CREATE INDEX dataset_changes_of ON dataset_changes (dataset_id);

-- What lies there now.
INSERT INTO dataset_changes (dataset_id, version, what, changed_at, changed_by)
  SELECT id, version, 'trashed', deletion_requested_at, deletion_requested_by FROM datasets
  WHERE deletion_requested_at IS NOT NULL AND deleted_at IS NULL;
