CREATE TABLE datasette_files_sources (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  storage_type TEXT NOT NULL,
  label TEXT,
  config TEXT NOT NULL DEFAULT '{}',      -- JSON as declared: secrets by name, never by value
  last_sync_token TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  origin TEXT NOT NULL DEFAULT 'configuration' CHECK (origin IN ('configuration', 'default', 'runtime')),
  active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE datasette_files (
  seq INTEGER PRIMARY KEY,                -- a rowid that VACUUM keeps, for the full-text table
  id TEXT NOT NULL UNIQUE,                -- df-{ulid}
  source_id INTEGER NOT NULL REFERENCES datasette_files_sources (id),
  path TEXT NOT NULL,
  filename TEXT NOT NULL,                 -- exactly as sent
  content_type TEXT,                      -- as sniffed from the bytes
  declared_type TEXT,                     -- as the client said, where that differs
  content_hash TEXT,                      -- sha256:{hex}
  size INTEGER,
  width INTEGER,                          -- pixels, orientation applied
  height INTEGER,
  uploaded_by TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  metadata TEXT NOT NULL DEFAULT '{}',    -- a JSON object
  search_text TEXT NOT NULL DEFAULT '',
  UNIQUE (source_id, path)
) STRICT;

CREATE INDEX datasette_files_newest ON datasette_files (source_id, created_at DESC, id DESC);
CREATE INDEX datasette_files_newest_of_all ON datasette_files (created_at DESC, id DESC);
CREATE INDEX datasette_files_by_name ON datasette_files (source_id, filename COLLATE NOCASE, id);
CREATE INDEX datasette_files_by_size ON datasette_files (source_id, size DESC, id DESC);
CREATE INDEX datasette_files_by_hash ON datasette_files (content_hash, created_at DESC, id DESC)
  WHERE content_hash IS NOT NULL;

-- The source is a term of the match, so that what an actor may not browse is never even ranked.
CREATE VIRTUAL TABLE datasette_files_fts USING fts5 (
  filename, content_type, search_text, source,
  content = '', contentless_delete = 1, prefix = '2 3',
  tokenize = "unicode61 remove_diacritics 2"
);

CREATE TRIGGER datasette_files_ai AFTER INSERT ON datasette_files BEGIN
  INSERT INTO datasette_files_fts (rowid, filename, content_type, search_text, source)
  VALUES (new.seq, new.filename, new.content_type, new.search_text, 's' || new.source_id);
END;

CREATE TRIGGER datasette_files_ad AFTER DELETE ON datasette_files BEGIN
  DELETE FROM datasette_files_fts WHERE rowid = old.seq;
END;

CREATE TRIGGER datasette_files_au AFTER UPDATE OF filename, content_type, search_text, source_id ON datasette_files BEGIN
  INSERT OR REPLACE INTO datasette_files_fts (rowid, filename, content_type, search_text, source)
  VALUES (new.seq, new.filename, new.content_type, new.search_text, 's' || new.source_id);
END;

-- Kept by triggers, so that a page can say how many files a source has without counting a million rows.
CREATE TABLE datasette_files_totals (
  source_id INTEGER PRIMARY KEY REFERENCES datasette_files_sources (id) ON DELETE CASCADE,
  files INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;

CREATE TRIGGER datasette_files_totals_ai AFTER INSERT ON datasette_files BEGIN
  INSERT INTO datasette_files_totals (source_id, files, bytes) VALUES (new.source_id, 1, coalesce(new.size, 0))
  ON CONFLICT (source_id) DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER datasette_files_totals_ad AFTER DELETE ON datasette_files BEGIN
  UPDATE datasette_files_totals SET files = files - 1, bytes = bytes - coalesce(old.size, 0)
  WHERE source_id = old.source_id;
END;

CREATE TRIGGER datasette_files_totals_au AFTER UPDATE OF size ON datasette_files BEGIN
  UPDATE datasette_files_totals SET bytes = bytes - coalesce(old.size, 0) + coalesce(new.size, 0)
  WHERE source_id = new.source_id;
END;
