-- The files that a sync saw change, the last change first. A sync that enters new files writes nothing here.
CREATE INDEX datasette_files_changed ON datasette_files (source_id, changed_at DESC, id DESC) WHERE changed_at IS NOT NULL;

-- How many files have a hash, so that a list of doubles can say how many it knows nothing of.
ALTER TABLE datasette_files_totals ADD COLUMN hashed INTEGER NOT NULL DEFAULT 0;
UPDATE datasette_files_totals AS t SET hashed = n.hashed
  FROM (SELECT source_id, count(*) AS hashed FROM datasette_files WHERE content_hash IS NOT NULL GROUP BY source_id) AS n
  WHERE n.source_id = t.source_id;

DROP TRIGGER datasette_files_totals_ai;
CREATE TRIGGER datasette_files_totals_ai AFTER INSERT ON datasette_files BEGIN
  INSERT INTO datasette_files_totals (source_id, files, bytes, hashed)
    VALUES (new.source_id, 1, coalesce(new.size, 0), new.content_hash IS NOT NULL)
  ON CONFLICT (source_id) DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes, hashed = hashed + excluded.hashed;
END;

DROP TRIGGER datasette_files_totals_ad;
CREATE TRIGGER datasette_files_totals_ad AFTER DELETE ON datasette_files BEGIN
  UPDATE datasette_files_totals
  SET files = files - 1, bytes = bytes - coalesce(old.size, 0), hashed = hashed - (old.content_hash IS NOT NULL)
  WHERE source_id = old.source_id;
END;

CREATE TRIGGER datasette_files_totals_hashed AFTER UPDATE OF content_hash ON datasette_files
WHEN (new.content_hash IS NULL) <> (old.content_hash IS NULL) BEGIN
  UPDATE datasette_files_totals SET hashed = hashed + (new.content_hash IS NOT NULL) - (old.content_hash IS NOT NULL)
  WHERE source_id = new.source_id;
END;

-- The hashes that more than one file has, whoever may see them: what a list of doubles walks, the largest first.
CREATE TABLE datasette_files_doubles (
  content_hash TEXT PRIMARY KEY,
  size INTEGER NOT NULL                   -- of one of them
) STRICT, WITHOUT ROWID;
INSERT INTO datasette_files_doubles (content_hash, size)
  SELECT content_hash, max(coalesce(size, 0)) FROM datasette_files
  WHERE content_hash IS NOT NULL GROUP BY content_hash HAVING count(*) > 1;
CREATE INDEX datasette_files_doubles_by_size ON datasette_files_doubles (size DESC, content_hash DESC);

CREATE TRIGGER datasette_files_doubles_ai AFTER INSERT ON datasette_files WHEN new.content_hash IS NOT NULL BEGIN
  INSERT INTO datasette_files_doubles (content_hash, size)
    SELECT new.content_hash, coalesce(new.size, 0)
    WHERE EXISTS (SELECT 1 FROM datasette_files WHERE content_hash = new.content_hash AND seq <> new.seq)
      AND NOT EXISTS (SELECT 1 FROM datasette_files_doubles WHERE content_hash = new.content_hash);
END;

CREATE TRIGGER datasette_files_doubles_au AFTER UPDATE OF content_hash ON datasette_files
WHEN new.content_hash IS NOT old.content_hash BEGIN
  INSERT INTO datasette_files_doubles (content_hash, size)
    SELECT new.content_hash, coalesce(new.size, 0)
    WHERE EXISTS (SELECT 1 FROM datasette_files WHERE content_hash = new.content_hash AND seq <> new.seq)
      AND NOT EXISTS (SELECT 1 FROM datasette_files_doubles WHERE content_hash = new.content_hash);
  DELETE FROM datasette_files_doubles WHERE content_hash = old.content_hash AND 2 > (SELECT count(*) FROM (
    SELECT 1 FROM datasette_files WHERE content_hash = old.content_hash LIMIT 2));
END;

CREATE TRIGGER datasette_files_doubles_ad AFTER DELETE ON datasette_files WHEN old.content_hash IS NOT NULL BEGIN
  DELETE FROM datasette_files_doubles WHERE content_hash = old.content_hash AND 2 > (SELECT count(*) FROM (
    SELECT 1 FROM datasette_files WHERE content_hash = old.content_hash LIMIT 2));
END;

-- What a file is found by beside its description. What a camera or an archivist wrote into a picture, never where it was
-- taken; and the folders of a file that was found where it lies and is called otherwise here, of which
-- datasette_files_terms would cut a wrong end off.
CREATE VIEW datasette_files_more_words AS SELECT
  seq, id,
  CASE WHEN metadata = '{}' OR NOT json_valid(metadata) THEN '' ELSE
    ' ' || coalesce((SELECT group_concat(value, ' ') FROM json_each(f.metadata, '$.exif')
      WHERE type = 'text' AND key IN ('make', 'model', 'artist', 'copyright', 'description', 'comment')), '') ||
    ' ' || coalesce((SELECT group_concat(value, ' ') FROM json_tree(f.metadata, '$.iptc') WHERE type = 'text'), '')
  END ||
  CASE WHEN adopted = 1 AND substr(path, -length(filename)) <> filename THEN ' ' || rtrim(path, replace(path, '/', ''))
  ELSE '' END AS words
FROM datasette_files AS f;

DROP VIEW datasette_files_text_terms;
CREATE VIEW datasette_files_text_terms AS SELECT
  t.id, t.place,
  replace(replace(t.filename || ' ' || t.parts || ' ' || t.search_text || m.words || ' ' || x.text,
    char(0xE000), ' '), char(0xE001), ' ') || ' ' || t.source || ' ' || t.kind AS words
FROM datasette_files_text AS x
  JOIN datasette_files_terms AS t ON t.id = x.file_id
  JOIN datasette_files_more_words AS m ON m.seq = t.seq;

-- What a sync enters has no metadata yet and is called as it lies there: it pays nothing for this.
DROP TRIGGER datasette_files_ai;
CREATE TRIGGER datasette_files_ai AFTER INSERT ON datasette_files BEGIN
  INSERT INTO datasette_files_types (type)
    SELECT coalesce(new.content_type, 'application/octet-stream') WHERE NOT EXISTS (
      SELECT 1 FROM datasette_files_types WHERE type = coalesce(new.content_type, 'application/octet-stream'));
  INSERT INTO datasette_files_fts (rowid, filename, parts, search_text, kind, source)
    SELECT place, filename, parts,
      CASE WHEN new.metadata = '{}' AND (new.adopted = 0 OR substr(new.path, -length(new.filename)) = new.filename)
        THEN search_text
        ELSE search_text || (SELECT words FROM datasette_files_more_words WHERE seq = new.seq) END,
      kind, source
    FROM datasette_files_terms WHERE seq = new.seq;
END;

-- Whoever reads a file in the background writes its type again even where it is the same: only what is another is entered
-- anew, and with it the words of a picture, which come at the same time.
DROP TRIGGER datasette_files_au;
CREATE TRIGGER datasette_files_au AFTER UPDATE OF filename, content_type, search_text, source_id, metadata ON datasette_files
WHEN new.filename IS NOT old.filename OR new.content_type IS NOT old.content_type
  OR new.search_text IS NOT old.search_text OR new.source_id IS NOT old.source_id
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

INSERT OR REPLACE INTO datasette_files_fts (rowid, filename, parts, search_text, kind, source)
  SELECT t.place, t.filename, t.parts, t.search_text || m.words, t.kind, t.source
  FROM datasette_files AS f JOIN datasette_files_terms AS t ON t.seq = f.seq
    JOIN datasette_files_more_words AS m ON m.seq = f.seq
  WHERE f.metadata GLOB '*"exif"*' OR f.adopted = 1 AND substr(f.path, -length(f.filename)) <> f.filename
  ORDER BY t.place;
INSERT OR REPLACE INTO datasette_files_text_fts (rowid, words)
  SELECT t.place, t.words FROM datasette_files AS f JOIN datasette_files_text_terms AS t ON t.id = f.id
  WHERE f.adopted = 1 AND substr(f.path, -length(f.filename)) <> f.filename ORDER BY t.place;
