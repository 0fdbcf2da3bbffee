-- Of what was sent as Excel: the sheet that was read, and all that there are.
ALTER TABLE dataset_files ADD COLUMN sheets TEXT;         -- JSON: {"read", "all": [{"name", "hidden"}]}; null for all else
UPDATE dataset_files SET sheets = (
    SELECT json_object('read', s.made ->> '$.conversion.sheet', 'all', json(s.made -> '$.sheets'))
    FROM upload_sessions AS s
    WHERE s.id = dataset_files.upload_id AND s.made ->> '$.conversion.sheet' IS NOT NULL AND s.made -> '$.sheets' IS NOT NULL)
  WHERE role = 'original';

-- What became of a dataset that its files do not tell: those that came say themselves when, and by whom.
CREATE TABLE dataset_changes (
  seq INTEGER PRIMARY KEY,
  dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,               -- the present one from then on
  what TEXT NOT NULL CHECK (what IN ('taken_out', 'restored')),
  files_gone INTEGER NOT NULL DEFAULT 0,
  rows_gone INTEGER NOT NULL DEFAULT 0,
  changed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  changed_by TEXT
) STRICT;
CREATE INDEX dataset_changes_of ON dataset_changes (dataset_id);
