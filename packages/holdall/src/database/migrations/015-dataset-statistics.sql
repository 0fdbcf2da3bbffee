-- What was computed of a dataset's columns from all of its rows, as they were at one revision of it.
CREATE TABLE dataset_statistics (
  dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  revision INTEGER NOT NULL,
  position INTEGER NOT NULL,              -- of the column, from 0
  statistics TEXT,                        -- JSON; null: it cannot be computed within the limits
  computed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  PRIMARY KEY (dataset_id, revision, position)
) STRICT, WITHOUT ROWID;

-- The revision all of whose columns are computed.
CREATE TABLE dataset_statistics_done (
  dataset_id TEXT PRIMARY KEY REFERENCES datasets (id) ON DELETE CASCADE,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
