-- A dataset may be made of a file that its source has already: the object stays what it was, a file of the registry.
ALTER TABLE dataset_files ADD COLUMN file_id TEXT;            -- df-{ulid}; null: the object is the dataset's own
CREATE INDEX dataset_files_references ON dataset_files (file_id) WHERE file_id IS NOT NULL;
