-- What a system keeps in a folder for itself, such as .DS_Store, is not adopted: how much of it a run has passed over.
ALTER TABLE sync_runs ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
