-- Sources that are made while the server runs keep with their row what the configuration file would say of them. In
-- `config` and `settings` secrets stand by name, never by value.
ALTER TABLE datasette_files_sources ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE datasette_files_sources ADD COLUMN allow TEXT NOT NULL DEFAULT '{}';     -- JSON: allow blocks by action
ALTER TABLE datasette_files_sources ADD COLUMN created_by TEXT;
ALTER TABLE datasette_files_sources ADD COLUMN updated_at TEXT;
ALTER TABLE datasette_files_sources ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;  -- counts the edits

-- Every process has its connections. This number tells each of them, whoever wrote, when to look at the rows again.
CREATE TABLE sources_revision (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL
) STRICT;
INSERT INTO sources_revision VALUES (1, 1);
CREATE TRIGGER sources_inserted AFTER INSERT ON datasette_files_sources BEGIN
  UPDATE sources_revision SET revision = revision + 1;
  UPDATE grants_revision SET revision = revision + 1;
END;
CREATE TRIGGER sources_changed AFTER UPDATE OF revision, active, origin ON datasette_files_sources BEGIN
  UPDATE sources_revision SET revision = revision + 1;
END;
-- The allow blocks of sources are kept in memory beside the grants, and read again when these are.
CREATE TRIGGER sources_allowed AFTER UPDATE OF allow, origin, created_by ON datasette_files_sources BEGIN
  UPDATE grants_revision SET revision = revision + 1;
END;
