CREATE TABLE actors (
  id TEXT PRIMARY KEY,
  name TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  created_by TEXT,
  last_seen_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_in_links (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,        -- sha256 of the token; the token itself is never stored
  actor_id TEXT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  created_by TEXT,
  expires_at TEXT NOT NULL,
  used_at TEXT,
  revoked_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_links_by_actor ON sign_in_links (actor_id);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  actor_id TEXT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  used_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  expires_at TEXT NOT NULL,
  revoked_at TEXT,
  user_agent TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_actor ON sessions (actor_id);

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  actor_id TEXT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  restrictions TEXT,                      -- JSON list of {action, resource?}; null: everything that the actor may do
  made_with TEXT REFERENCES tokens (id),  -- the token that asked for it; revoked with it
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  used_at TEXT,
  expires_at TEXT,
  revoked_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_actor ON tokens (actor_id);
CREATE INDEX tokens_by_maker ON tokens (made_with) WHERE made_with IS NOT NULL;

CREATE TABLE grants (
  id INTEGER PRIMARY KEY,
  actor_id TEXT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  action TEXT NOT NULL,
  resource_kind TEXT NOT NULL,
  resource_parent TEXT NOT NULL DEFAULT '',
  resource_child TEXT NOT NULL DEFAULT '',
  granted_by TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  UNIQUE (actor_id, action, resource_kind, resource_parent, resource_child)
) STRICT;

-- Every process keeps the grants in memory. This number tells each of them, whoever wrote, when to read them again.
CREATE TABLE grants_revision (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL
) STRICT;
INSERT INTO grants_revision VALUES (1, 1);
CREATE TRIGGER grants_inserted AFTER INSERT ON grants BEGIN
  UPDATE grants_revision SET revision = revision + 1;
END;
CREATE TRIGGER grants_updated AFTER UPDATE ON grants BEGIN
  UPDATE grants_revision SET revision = revision + 1;
END;
CREATE TRIGGER grants_deleted AFTER DELETE ON grants BEGIN
  UPDATE grants_revision SET revision = revision + 1;
END;
