-- Counts how often rows were chosen in a plan: one that is carried out is what was read, and not what was chosen meanwhile.
ALTER TABLE attach_runs ADD COLUMN choices INTEGER NOT NULL DEFAULT 0;
