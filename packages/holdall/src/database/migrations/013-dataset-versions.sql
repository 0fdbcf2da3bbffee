-- Files are added to a dataset, and versions of it replace each other.
ALTER TABLE datasets ADD COLUMN last_version INTEGER NOT NULL DEFAULT 1; -- the highest that was ever begun; none is used twice
ALTER TABLE datasets ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;     -- counts the changes of what is in it

-- What each file tells of itself: a dataset says what its files say together, and says it anew when one of them goes.
ALTER TABLE dataset_files ADD COLUMN columns TEXT;        -- JSON list; null for an original
ALTER TABLE dataset_files ADD COLUMN row_groups TEXT;     -- JSON
ALTER TABLE dataset_files ADD COLUMN upload_id TEXT;      -- of the session that brought it
ALTER TABLE dataset_files ADD COLUMN uploaded_by TEXT;
CREATE INDEX dataset_files_uploads ON dataset_files (upload_id) WHERE upload_id IS NOT NULL;
UPDATE dataset_files SET
  columns = (SELECT d.columns FROM datasets AS d WHERE d.id = dataset_id),
  row_groups = (SELECT d.row_groups FROM datasets AS d WHERE d.id = dataset_id),
  upload_id = (SELECT d.upload_id FROM datasets AS d WHERE d.id = dataset_id),
  uploaded_by = (SELECT d.uploaded_by FROM datasets AS d WHERE d.id = dataset_id)
  WHERE role = 'data';

-- Files that are on their way into a dataset that is there: they become part of it together or not at all. What has
-- become part of it is here no more.
CREATE TABLE dataset_batches (
  id TEXT PRIMARY KEY,
  dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  mode TEXT NOT NULL CHECK (mode IN ('append', 'replace')),
  version INTEGER,                        -- that `replace` makes
  file_count INTEGER NOT NULL,            -- how many there will be
  confirmed_at TEXT,                      -- somebody has looked at what differs, and wants it
  confirmed_by TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  created_by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_batches_of ON dataset_batches (dataset_id);

CREATE TABLE dataset_batch_files (
  upload_id TEXT PRIMARY KEY,
  batch_id TEXT NOT NULL REFERENCES dataset_batches (id) ON DELETE CASCADE,
  looked TEXT,                            -- JSON of what its footer says; null until it is there and was looked through
  looked_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_batch_files_of ON dataset_batch_files (batch_id, upload_id);
