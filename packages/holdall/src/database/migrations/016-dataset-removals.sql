-- Since when its objects are being removed: nobody restores it any more. `deleted_at` is when the last of them was gone.
ALTER TABLE datasets ADD COLUMN purging_at TEXT;
CREATE INDEX datasets_purged ON datasets (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX datasets_purgeable ON datasets (deletion_requested_at)
  WHERE deletion_requested_at IS NOT NULL AND deleted_at IS NULL;

-- Objects that are to be removed, each by its exact path: of datasets that were deleted for good, and of versions that
-- were replaced. A row goes when its object is gone.
CREATE TABLE dataset_removals (
  source_id INTEGER NOT NULL REFERENCES datasette_files_sources (id),
  path TEXT NOT NULL,
  dataset_id TEXT NOT NULL,               -- below whose folder it lies
  size_bytes INTEGER NOT NULL,
  due_at TEXT NOT NULL,                   -- not before; later after each failure
  attempts INTEGER NOT NULL DEFAULT 0,
  lease_process TEXT,                     -- who removes it; others leave it alone until lease_until, unless that process is dead
  lease_until TEXT,
  PRIMARY KEY (source_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_removals_due ON dataset_removals (due_at);
CREATE INDEX dataset_removals_of ON dataset_removals (dataset_id);
