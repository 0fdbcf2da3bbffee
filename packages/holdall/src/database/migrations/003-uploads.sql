-- The row is the job: whoever holds its lease runs the next step.
CREATE TABLE upload_sessions (
  id TEXT PRIMARY KEY,                    -- ulid
  source_id INTEGER NOT NULL REFERENCES datasette_files_sources (id),
  file_id TEXT NOT NULL UNIQUE,           -- df-{ulid}, fixed when the session is made
  path TEXT NOT NULL,
  filename TEXT NOT NULL,
  declared_type TEXT,
  declared_size INTEGER,
  token_hash TEXT UNIQUE,                 -- of the upload token of the three-step flow
  actor_id TEXT,
  status TEXT NOT NULL CHECK (status IN ('initiated', 'completing', 'completed', 'failed', 'aborted', 'expired')),
  completion_status TEXT,                 -- the step that is next or was last
  completion_steps_log TEXT NOT NULL DEFAULT '[]',
  failure_reason TEXT,                    -- JSON {step, exc_str, at}
  received TEXT,                          -- JSON of what was measured while the bytes came in; null: not all are here
  lease_owner TEXT,
  lease_until TEXT,
  lease_process TEXT,                     -- JSON {host, pid, started}, so that a dead one's lease can be taken at once
  fence INTEGER NOT NULL DEFAULT 0,       -- grows with every lease; a write with an older one is refused
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  completed_at TEXT,
  ttl INTEGER NOT NULL                    -- epoch seconds
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_sessions_open ON upload_sessions (status, lease_until) WHERE status IN ('initiated', 'completing');
CREATE INDEX upload_sessions_ttl ON upload_sessions (ttl);
