-- What a dataset keeps of its own is read once in the background, so that a damaged object is told from a whole one.
CREATE INDEX dataset_files_unhashed ON dataset_files (added_at, source_id, path) WHERE content_hash IS NULL AND file_id IS NULL;
