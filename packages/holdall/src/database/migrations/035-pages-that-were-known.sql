-- How often files of a source were changed or have gone, as far as a sync goes by it. What is added changes nothing of the others.
CREATE TABLE datasette_files_revisions (
  source_id INTEGER PRIMARY KEY REFERENCES datasette_files_sources (id) ON DELETE CASCADE,
  revision INTEGER NOT NULL
) STRICT;

CREATE TRIGGER datasette_files_revisions_ad AFTER DELETE ON datasette_files BEGIN
  INSERT INTO datasette_files_revisions (source_id, revision) VALUES (old.source_id, 1)
    ON CONFLICT (source_id) DO UPDATE SET revision = revision + 1;
END;

CREATE TRIGGER datasette_files_revisions_au
AFTER UPDATE OF source_id, path, version, missing_since, adopted ON datasette_files
WHEN (old.source_id, old.path, old.version, old.missing_since, old.adopted)
  IS NOT (new.source_id, new.path, new.version, new.missing_since, new.adopted)
BEGIN
  INSERT INTO datasette_files_revisions (source_id, revision) VALUES (old.source_id, 1), (new.source_id, 1)
    ON CONFLICT (source_id) DO UPDATE SET revision = revision + 1;
END;

-- Pages of a listing of which everything was registered as it was listed: while the revision is the same, a sync that meets
-- the same page need not look for its files again.
CREATE TABLE sync_known_pages (
  source_id INTEGER NOT NULL REFERENCES datasette_files_sources (id) ON DELETE CASCADE,
  digest TEXT NOT NULL,                   -- of what was listed
  revision INTEGER NOT NULL,
  seqs TEXT NOT NULL,                     -- JSON: the `seq` of its files, as ranges: from, to, from, to, …
  run_id INTEGER NOT NULL,                -- the last that has met it
  PRIMARY KEY (source_id, digest)
) STRICT, WITHOUT ROWID;
