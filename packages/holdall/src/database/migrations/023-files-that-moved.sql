-- A file that was missing and whose bytes were found under another path took that path, and kept its id.
CREATE TABLE datasette_files_moves (
  id INTEGER PRIMARY KEY,
  file_id TEXT NOT NULL,
  from_path TEXT NOT NULL,
  to_path TEXT NOT NULL,
  missing_since TEXT,                     -- as it was said until then
  moved_at TEXT NOT NULL,
  moved_by TEXT,                          -- null: nobody, it was plain
  replaced_id TEXT NOT NULL,              -- what had been entered for the same bytes, and went
  undo TEXT                               -- JSON: both as they were, until nobody can be writing the id that went into a cell any more
) STRICT;
CREATE INDEX datasette_files_moves_of ON datasette_files_moves (file_id, id DESC);
CREATE INDEX datasette_files_moves_open ON datasette_files_moves (moved_at) WHERE undo IS NOT NULL;

-- Of the files that are new and those that are missing: how many are one.
ALTER TABLE sync_runs ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;

-- A file that took another path is found by its folders there. Else this is as it was.
DROP TRIGGER datasette_files_au;
CREATE TRIGGER datasette_files_au AFTER UPDATE OF filename, content_type, search_text, source_id, metadata, path, adopted ON datasette_files
WHEN new.filename IS NOT old.filename OR new.content_type IS NOT old.content_type
  OR new.search_text IS NOT old.search_text OR new.source_id IS NOT old.source_id
  OR new.path IS NOT old.path OR new.adopted IS NOT old.adopted
  OR new.metadata IS NOT old.metadata AND (new.metadata GLOB '*"exif"*' OR new.metadata GLOB '*"iptc"*'
    OR old.metadata GLOB '*"exif"*' OR old.metadata GLOB '*"iptc"*')
BEGIN
  DELETE FROM datasette_files_fts WHERE rowid = (old.source_id << 32) + old.seq;
  DELETE FROM datasette_files_text_fts WHERE rowid = (old.source_id << 32) + old.seq;
  INSERT INTO datasette_files_types (type)
    SELECT coalesce(new.content_type, 'application/octet-stream') WHERE NOT EXISTS (
      SELECT 1 FROM datasette_files_types WHERE type = coalesce(new.content_type, 'application/octet-stream'));
  INSERT INTO datasette_files_fts (rowid, filename, parts, search_text, kind, source)
    SELECT t.place, t.filename, t.parts, t.search_text || m.words, t.kind, t.source
    FROM datasette_files_terms AS t JOIN datasette_files_more_words AS m ON m.seq = t.seq WHERE t.seq = new.seq;
  INSERT INTO datasette_files_text_fts (rowid, words)
    SELECT place, words FROM datasette_files_text_terms WHERE id = new.id;
END;
