-- Why a file cannot be read, as whoever read all of it has seen; null: nobody has, or it can.
ALTER TABLE datasette_files ADD COLUMN unreadable TEXT
  CHECK (unreadable IN ('empty', 'other_bytes', 'cut_off', 'damaged'));
CREATE INDEX datasette_files_unreadable ON datasette_files (source_id, seq) WHERE unreadable IS NOT NULL;

-- Every picture is read whole once, in the background. There may be a million of them to read: they stand in an index of
-- their own, so that nobody walks past them to what is wanted sooner.
CREATE TABLE datasette_files_work_3 (
  file_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('facts', 'text', 'hash', 'whole')),
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  lease_process TEXT,                     -- who works on it; others leave it alone until not_before, unless that process is dead
  PRIMARY KEY (file_id, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO datasette_files_work_3 SELECT file_id, kind, attempts, not_before, lease_process FROM datasette_files_work;
DROP TABLE datasette_files_work;
ALTER TABLE datasette_files_work_3 RENAME TO datasette_files_work;

INSERT INTO datasette_files_work (file_id, kind) SELECT id, 'whole' FROM datasette_files
  WHERE content_type IN ('image/jpeg', 'image/png', 'image/apng', 'image/gif', 'image/webp', 'image/tiff', 'image/avif')
    OR content_type = 'application/octet-stream' AND (declared_type IN ('image/jpeg', 'image/png', 'image/apng',
      'image/gif', 'image/webp', 'image/avif', 'application/pdf')
      OR filename LIKE '%.jpg' OR filename LIKE '%.jpeg' OR filename LIKE '%.png' OR filename LIKE '%.gif'
      OR filename LIKE '%.webp' OR filename LIKE '%.pdf')
  ORDER BY id;
-- A TIFF with its directory behind its pixels was not known as one.
INSERT INTO datasette_files_work (file_id, kind) SELECT id, 'facts' FROM datasette_files
  WHERE content_type = 'application/octet-stream'
    AND (declared_type = 'image/tiff' OR filename LIKE '%.tif' OR filename LIKE '%.tiff')
  ORDER BY id ON CONFLICT DO NOTHING;
INSERT INTO datasette_files_work (file_id, kind) SELECT id, 'text' FROM datasette_files
  WHERE content_type = 'application/pdf'
    AND (NOT json_valid(metadata) OR json_extract(metadata, '$.pdf.pages') IS NULL)
  ORDER BY id ON CONFLICT DO NOTHING;

CREATE INDEX datasette_files_work_next ON datasette_files_work (not_before) WHERE kind <> 'whole';
CREATE INDEX datasette_files_work_whole ON datasette_files_work (not_before) WHERE kind = 'whole';
CREATE INDEX datasette_files_work_taken ON datasette_files_work (lease_process) WHERE lease_process IS NOT NULL;
