-- A file that sync found where it lies, in a place that others write to as well.
ALTER TABLE datasette_files ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0 CHECK (adopted IN (0, 1));
ALTER TABLE datasette_files ADD COLUMN version TEXT;         -- of its bytes, as the storage tells them apart: an ETag, or size and time
ALTER TABLE datasette_files ADD COLUMN modified_at TEXT;     -- by whoever wrote it, as the storage says
ALTER TABLE datasette_files ADD COLUMN changed_at TEXT;      -- when sync last saw other bytes; null: never
ALTER TABLE datasette_files ADD COLUMN missing_since TEXT;   -- when the storage was first seen without it

CREATE INDEX datasette_files_missing ON datasette_files (source_id, missing_since) WHERE missing_since IS NOT NULL;

-- What an adopted file was before each change.
CREATE TABLE datasette_files_history (
  id INTEGER PRIMARY KEY,
  file_id TEXT NOT NULL,
  replaced_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  size INTEGER,
  content_hash TEXT,
  content_type TEXT,
  version TEXT,
  modified_at TEXT
) STRICT;
CREATE INDEX datasette_files_history_by_file ON datasette_files_history (file_id, id DESC);

-- The words inside a document, beside the description that people wrote.
CREATE TABLE datasette_files_text (
  file_id TEXT PRIMARY KEY,
  text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What is still to be read from bytes, in the background. The row is the job: it goes when the job is done.
CREATE TABLE datasette_files_work (
  file_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('facts', 'text')),
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  lease_process TEXT,                     -- who works on it; others leave it alone until not_before, unless that process is dead
  PRIMARY KEY (file_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX datasette_files_work_next ON datasette_files_work (not_before);
CREATE INDEX datasette_files_work_taken ON datasette_files_work (lease_process) WHERE lease_process IS NOT NULL;

-- A deleted file leaves the registry at once: what lists, counts, finds or serves files needs no condition to not show it.
CREATE TABLE datasette_files_trash (
  id TEXT PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES datasette_files_sources (id),
  path TEXT NOT NULL,                     -- not unique: where others write too, its successor may have been deleted as well
  filename TEXT NOT NULL,
  size INTEGER,
  content_hash TEXT,
  uploaded_by TEXT,
  trashed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  trashed_by TEXT,
  batch TEXT NOT NULL,                    -- what one request deleted is undone as one
  purge_after TEXT,                       -- null: kept until somebody says otherwise
  purging INTEGER NOT NULL DEFAULT 0 CHECK (purging IN (0, 1)), -- its bytes may be gone already: nobody can restore it
  lease_process TEXT,                     -- who removes its bytes now
  lease_until TEXT,
  record TEXT NOT NULL,                   -- JSON: the row of datasette_files, column by column
  work TEXT NOT NULL DEFAULT '[]'         -- JSON: what was still to be read from its bytes
) STRICT, WITHOUT ROWID;
CREATE INDEX datasette_files_trash_newest ON datasette_files_trash (source_id, trashed_at DESC, id DESC);
CREATE INDEX datasette_files_trash_own ON datasette_files_trash (uploaded_by, trashed_at DESC, id DESC)
  WHERE uploaded_by IS NOT NULL;
CREATE INDEX datasette_files_trash_by_path ON datasette_files_trash (source_id, path);
CREATE INDEX datasette_files_trash_by_batch ON datasette_files_trash (batch);
CREATE INDEX datasette_files_trash_by_hash ON datasette_files_trash (content_hash) WHERE content_hash IS NOT NULL;
CREATE INDEX datasette_files_trash_due ON datasette_files_trash (purge_after) WHERE purge_after IS NOT NULL;
CREATE INDEX datasette_files_trash_purging ON datasette_files_trash (purging) WHERE purging = 1;

-- Whoever removes the bytes of a path has looked that no file has it; none may come to it until they are gone.
CREATE TRIGGER datasette_files_not_while_purging BEFORE INSERT ON datasette_files
WHEN EXISTS (SELECT 1 FROM datasette_files_trash
  WHERE source_id = new.source_id AND path = new.path AND purging = 1)
BEGIN
  SELECT RAISE(IGNORE);
END;

-- One run over a source's listing. Whoever holds its lease works on it; the newest row of a source is its state.
CREATE TABLE sync_runs (
  id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES datasette_files_sources (id),
  status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'failed')),
  started_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  started_by TEXT,
  finished_at TEXT,
  phase TEXT NOT NULL DEFAULT 'listing' CHECK (phase IN ('listing', 'missing')),
  cursor TEXT,                            -- where the listing goes on after a restart
  listed INTEGER NOT NULL DEFAULT 0,
  added INTEGER NOT NULL DEFAULT 0,
  changed INTEGER NOT NULL DEFAULT 0,
  missing INTEGER NOT NULL DEFAULT 0,
  returned INTEGER NOT NULL DEFAULT 0,
  failure_reason TEXT,
  lease_owner TEXT,
  lease_until TEXT,
  lease_process TEXT,
  fence INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sync_runs_by_source ON sync_runs (source_id, id DESC);
CREATE UNIQUE INDEX sync_runs_one_at_a_time ON sync_runs (source_id) WHERE status = 'running';

-- Which known files a run has seen so far, one bit for each `seq`: what is not among them at its end may be missing.
CREATE TABLE sync_seen (
  run_id INTEGER NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
  chunk INTEGER NOT NULL,
  bits BLOB NOT NULL,
  PRIMARY KEY (run_id, chunk)
) STRICT, WITHOUT ROWID;

-- The path of an upload is never adopted, whatever became of the upload.
CREATE INDEX upload_sessions_by_path ON upload_sessions (source_id, path);
