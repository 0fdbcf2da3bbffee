-- One run that attaches many files to the rows of a table: what was planned, what was written, and what stood there.
CREATE TABLE attach_runs (
  id TEXT PRIMARY KEY,                    -- ulid
  database_name TEXT NOT NULL,
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  actor_id TEXT,
  -- Applying and undoing: the served database may have it or not. Whoever finds such a run compares the cells.
  status TEXT NOT NULL CHECK (status IN ('planned', 'applying', 'applied', 'undoing', 'undone', 'failed')),
  match TEXT,                             -- JSON: how the files of a plan were matched; null for pairs that were given
  cells INTEGER NOT NULL DEFAULT 0,       -- how many it wrote, or means to
  files INTEGER NOT NULL DEFAULT 0,
  restored INTEGER,                       -- how many of the cells undoing set back; the others had changed
  failure_reason TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  applied_at TEXT,
  undone_at TEXT,
  undone_by TEXT,
  process TEXT,                           -- who is applying or undoing it
  since TEXT                              -- and since when
) STRICT, WITHOUT ROWID;
CREATE INDEX attach_runs_of_table ON attach_runs (database_name, table_name, id DESC);
-- Two at once could not be told apart afterwards.
CREATE UNIQUE INDEX attach_runs_one_at_a_time ON attach_runs (database_name, table_name) WHERE status IN ('applying', 'undoing');

-- The files of a plan, until it is carried out.
CREATE TABLE attach_lines (
  run_id TEXT NOT NULL REFERENCES attach_runs (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  file_id TEXT NOT NULL,
  state TEXT NOT NULL,
  rows TEXT NOT NULL DEFAULT '[]',        -- JSON: key and label of those that fit
  row_count INTEGER NOT NULL DEFAULT 0,
  chosen TEXT,                            -- the key of the row that it goes to; null: it is left out
  note TEXT,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

-- The journal: what a run writes, and what stood there. Written before the served database is.
CREATE TABLE attach_cells (
  run_id TEXT NOT NULL REFERENCES attach_runs (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  row_key TEXT NOT NULL,                  -- the last part of the row's address
  before TEXT,
  after TEXT NOT NULL,
  files TEXT NOT NULL,                    -- JSON: the ids that it added
  outcome TEXT CHECK (outcome IN ('restored', 'changed', 'gone')), -- of undoing
  PRIMARY KEY (run_id, position),
  UNIQUE (run_id, row_key)
) STRICT, WITHOUT ROWID;
