-- How the bytes of an upload come: through Holdall in one request (post, put), in one request straight to the storage
-- (direct), or in parts.
ALTER TABLE upload_sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'post'
  CHECK (kind IN ('post', 'put', 'direct', 'parts'));
ALTER TABLE upload_sessions ADD COLUMN part_size INTEGER;     -- bytes; fixed when the session is made
ALTER TABLE upload_sessions ADD COLUMN part_count INTEGER;
ALTER TABLE upload_sessions ADD COLUMN storage_upload TEXT;   -- what the storage calls it; null until it said so
-- When its bytes must be removed (again): those of an upload that ended may still arrive. Null: nothing is left to do.
ALTER TABLE upload_sessions ADD COLUMN clear_at TEXT;
-- When somebody should look at it: its lease runs out, its client has waited too long, its bytes or its row must go.
ALTER TABLE upload_sessions ADD COLUMN due_at TEXT NOT NULL DEFAULT '';
UPDATE upload_sessions SET due_at = CASE
  WHEN status IN ('initiated', 'completing') AND lease_until IS NOT NULL THEN lease_until
  WHEN status = 'completing' OR (status = 'initiated' AND token_hash IS NULL) THEN updated_at
  ELSE strftime('%Y-%m-%dT%H:%M:%fZ', ttl, 'unixepoch') END;
DROP INDEX upload_sessions_open;
DROP INDEX upload_sessions_ttl;
CREATE INDEX upload_sessions_open ON upload_sessions (due_at) WHERE status IN ('initiated', 'completing');
CREATE INDEX upload_sessions_ended ON upload_sessions (due_at)
  WHERE status IN ('completed', 'failed', 'aborted', 'expired');
CREATE INDEX upload_sessions_own ON upload_sessions (source_id, actor_id, id)
  WHERE status = 'initiated' AND kind = 'parts';

-- Files whose bytes did not pass through here are hashed in the background.
CREATE TABLE datasette_files_work_2 (
  file_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('facts', 'text', 'hash')),
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  lease_process TEXT,                     -- who works on it; others leave it alone until not_before, unless that process is dead
  PRIMARY KEY (file_id, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO datasette_files_work_2 SELECT file_id, kind, attempts, not_before, lease_process FROM datasette_files_work;
DROP TABLE datasette_files_work;
ALTER TABLE datasette_files_work_2 RENAME TO datasette_files_work;
CREATE INDEX datasette_files_work_next ON datasette_files_work (not_before);
CREATE INDEX datasette_files_work_taken ON datasette_files_work (lease_process) WHERE lease_process IS NOT NULL;
