-- Whether the file that a run put in the place of another one was to have the description of that: what was copied can be taken
-- out again.
ALTER TABLE attach_cells ADD COLUMN described INTEGER NOT NULL DEFAULT 0 CHECK (described IN (0, 1));
