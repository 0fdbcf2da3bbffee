-- What goes into the trash has the number of the request that put it there, in the order of their commits: by it whoever
-- empties the trash takes nothing that came after they had looked. Clocks can stand still or go back.
ALTER TABLE datasette_files_trash ADD COLUMN entered INTEGER NOT NULL DEFAULT 0;
CREATE TABLE datasette_files_trash_entries (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  last INTEGER NOT NULL
) STRICT;
INSERT INTO datasette_files_trash_entries VALUES (1, 0);

-- Emptyings that were asked for and of which not every file is marked yet. Whoever comes next goes on with them.
CREATE TABLE datasette_files_emptyings (
  id INTEGER PRIMARY KEY,
  scope TEXT NOT NULL,                    -- JSON: what the one who asked may delete
  q TEXT NOT NULL,                        -- words that the name has; empty for all
  up_to INTEGER NOT NULL,                 -- nothing that entered later
  hidden INTEGER NOT NULL CHECK (hidden IN (0, 1)), -- also what would not go by itself
  asked_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  asked_by TEXT
) STRICT;

-- Where thousands of files wait for their bytes to go, the lists of what can be restored do not walk past them, and they are
-- counted without reading a row of theirs.
DROP INDEX datasette_files_trash_newest;
CREATE INDEX datasette_files_trash_newest ON datasette_files_trash (source_id, trashed_at DESC, id DESC) WHERE purging = 0;
DROP INDEX datasette_files_trash_own;
CREATE INDEX datasette_files_trash_own ON datasette_files_trash (uploaded_by, trashed_at DESC, id DESC)
  WHERE uploaded_by IS NOT NULL AND purging = 0;
DROP INDEX datasette_files_trash_purging;
CREATE INDEX datasette_files_trash_purging ON datasette_files_trash (source_id, uploaded_by) WHERE purging = 1;
