DROP TRIGGER datasette_files_ai;
DROP TRIGGER datasette_files_ad;
DROP TRIGGER datasette_files_au;
DROP TABLE datasette_files_fts;

-- Files with the same bytes, source by source, so that what an actor may not browse is never walked over.
DROP INDEX datasette_files_by_hash;
CREATE INDEX datasette_files_by_hash ON datasette_files (content_hash, source_id, created_at DESC, id DESC)
  WHERE content_hash IS NOT NULL;

-- Every type that a file has had, so that a type is one term of the full text.
CREATE TABLE datasette_files_types (
  id INTEGER PRIMARY KEY,
  type TEXT NOT NULL UNIQUE
) STRICT;

-- What a file is found by. `place` is the rowid of the full-text tables: source first, so that the matches of one source
-- lie together. `parts` are the runs of letters, of digits and the capitalised words that a name hides in its words:
-- DSC01234 holds 01234, HarbourPlan holds Plan. Sources and types are terms that begin with characters of private use.
CREATE VIEW datasette_files_terms AS SELECT
  seq, id, (source_id << 32) + seq AS place, filename, search_text,
  CASE WHEN filename GLOB '*[a-zA-Z][0-9]*' OR filename GLOB '*[0-9][a-zA-Z]*' THEN
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(filename, '0', ' '), '1', ' '), '2', ' '), '3', ' '), '4', ' '), '5', ' '), '6', ' '), '7', ' '), '8', ' '), '9', ' ') || ' ' ||
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(filename), 'a', ' '), 'b', ' '), 'c', ' '), 'd', ' '), 'e', ' '), 'f', ' '), 'g', ' '), 'h', ' '), 'i', ' '), 'j', ' '), 'k', ' '), 'l', ' '), 'm', ' '), 'n', ' '), 'o', ' '), 'p', ' '), 'q', ' '), 'r', ' '), 's', ' '), 't', ' '), 'u', ' '), 'v', ' '), 'w', ' '), 'x', ' '), 'y', ' '), 'z', ' ') || ' '
  ELSE '' END ||
  CASE WHEN filename GLOB '*[a-z][A-Z]*' THEN
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(filename, 'A', ' A'), 'B', ' B'), 'C', ' C'), 'D', ' D'), 'E', ' E'), 'F', ' F'), 'G', ' G'), 'H', ' H'), 'I', ' I'), 'J', ' J'), 'K', ' K'), 'L', ' L'), 'M', ' M'), 'N', ' N'), 'O', ' O'), 'P', ' P'), 'Q', ' Q'), 'R', ' R'), 'S', ' S'), 'T', ' T'), 'U', ' U'), 'V', ' V'), 'W', ' W'), 'X', ' X'), 'Y', ' Y'), 'Z', ' Z')
  ELSE '' END AS parts,
  char(0xE000) || source_id AS source,
  char(0xE001) || (SELECT t.id FROM datasette_files_types AS t
    WHERE t.type = coalesce(f.content_type, 'application/octet-stream')) AS kind
FROM datasette_files AS f;

-- Prefixes of up to five letters have an index of their own; longer ones are looked up in the list of terms, because
-- SQLite would read every match of every such word before it gives the first.
CREATE VIRTUAL TABLE datasette_files_fts USING fts5 (
  filename, parts, search_text, kind, source,
  content = '', contentless_delete = 1, prefix = '1 2 3 4 5',
  tokenize = "unicode61 remove_diacritics 2"
);
CREATE VIRTUAL TABLE datasette_files_fts_terms USING fts5vocab (datasette_files_fts, instance);

-- Only files with words inside, with everything else that they are found by, so that one match holds all words wherever
-- they stand. Without positions: a document has thousands of words.
CREATE VIRTUAL TABLE datasette_files_text_fts USING fts5 (
  words,
  content = '', contentless_delete = 1, prefix = '1 2 3 4 5', detail = none,
  tokenize = "unicode61 remove_diacritics 2"
);
CREATE VIRTUAL TABLE datasette_files_text_fts_terms USING fts5vocab (datasette_files_text_fts, instance);

CREATE VIEW datasette_files_text_terms AS SELECT
  t.id, t.place,
  replace(replace(t.filename || ' ' || t.parts || ' ' || t.search_text || ' ' || x.text, char(0xE000), ' '), char(0xE001), ' ')
    || ' ' || t.source || ' ' || t.kind AS words
FROM datasette_files_text AS x JOIN datasette_files_terms AS t ON t.id = x.file_id;

INSERT INTO datasette_files_types (type)
  SELECT DISTINCT coalesce(content_type, 'application/octet-stream') FROM datasette_files;
INSERT INTO datasette_files_fts (rowid, filename, parts, search_text, kind, source)
  SELECT place, filename, parts, search_text, kind, source FROM datasette_files_terms ORDER BY place;

-- Triggers run in no promised order, so what must come first stands in the same one. What is rare has a condition: a sync
-- brings a million files, and even a statement that inserts nothing costs.
CREATE TRIGGER datasette_files_ai AFTER INSERT ON datasette_files BEGIN
  INSERT INTO datasette_files_types (type)
    SELECT coalesce(new.content_type, 'application/octet-stream') WHERE NOT EXISTS (
      SELECT 1 FROM datasette_files_types WHERE type = coalesce(new.content_type, 'application/octet-stream'));
  INSERT INTO datasette_files_fts (rowid, filename, parts, search_text, kind, source)
    SELECT place, filename, parts, search_text, kind, source FROM datasette_files_terms WHERE seq = new.seq;
END;

CREATE TRIGGER datasette_files_ai_text AFTER INSERT ON datasette_files
WHEN EXISTS (SELECT 1 FROM datasette_files_text WHERE file_id = new.id) BEGIN
  INSERT INTO datasette_files_types (type)
    SELECT coalesce(new.content_type, 'application/octet-stream') WHERE NOT EXISTS (
      SELECT 1 FROM datasette_files_types WHERE type = coalesce(new.content_type, 'application/octet-stream'));
  INSERT INTO datasette_files_text_fts (rowid, words)
    SELECT place, words FROM datasette_files_text_terms WHERE id = new.id;
END;

CREATE TRIGGER datasette_files_ad AFTER DELETE ON datasette_files BEGIN
  DELETE FROM datasette_files_fts WHERE rowid = (old.source_id << 32) + old.seq;
  DELETE FROM datasette_files_text_fts WHERE rowid = (old.source_id << 32) + old.seq;
END;

CREATE TRIGGER datasette_files_au AFTER UPDATE OF filename, content_type, search_text, source_id ON datasette_files BEGIN
  DELETE FROM datasette_files_fts WHERE rowid = (old.source_id << 32) + old.seq;
  DELETE FROM datasette_files_text_fts WHERE rowid = (old.source_id << 32) + old.seq;
  INSERT INTO datasette_files_types (type)
    SELECT coalesce(new.content_type, 'application/octet-stream') WHERE NOT EXISTS (
      SELECT 1 FROM datasette_files_types WHERE type = coalesce(new.content_type, 'application/octet-stream'));
  INSERT INTO datasette_files_fts (rowid, filename, parts, search_text, kind, source)
    SELECT place, filename, parts, search_text, kind, source FROM datasette_files_terms WHERE seq = new.seq;
  INSERT INTO datasette_files_text_fts (rowid, words)
    SELECT place, words FROM datasette_files_text_terms WHERE id = new.id;
END;

CREATE TRIGGER datasette_files_text_ai AFTER INSERT ON datasette_files_text BEGIN
  DELETE FROM datasette_files_text_fts
    WHERE rowid = (SELECT (source_id << 32) + seq FROM datasette_files WHERE id = new.file_id);
  INSERT INTO datasette_files_text_fts (rowid, words)
    SELECT place, words FROM datasette_files_text_terms WHERE id = new.file_id;
END;

CREATE TRIGGER datasette_files_text_au AFTER UPDATE OF text ON datasette_files_text BEGIN
  DELETE FROM datasette_files_text_fts
    WHERE rowid = (SELECT (source_id << 32) + seq FROM datasette_files WHERE id = new.file_id);
  INSERT INTO datasette_files_text_fts (rowid, words)
    SELECT place, words FROM datasette_files_text_terms WHERE id = new.file_id;
END;

CREATE TRIGGER datasette_files_text_ad AFTER DELETE ON datasette_files_text BEGIN
  DELETE FROM datasette_files_text_fts
    WHERE rowid = (SELECT (source_id << 32) + seq FROM datasette_files WHERE id = old.file_id);
END;
