-- Counts how often a plan was matched again, or decided for many of its files at once. What a form says of its lines holds
-- for the revision that it was drawn from alone.
ALTER TABLE attach_runs ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
