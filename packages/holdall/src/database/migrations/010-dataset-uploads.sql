-- What the upload is for: a file of its source, or a dataset of a collection.
ALTER TABLE upload_sessions ADD COLUMN purpose TEXT NOT NULL DEFAULT 'file' CHECK (purpose IN ('file', 'dataset'));
ALTER TABLE upload_sessions ADD COLUMN organization_id TEXT;  -- a UUID in lower case; of datasets
ALTER TABLE upload_sessions ADD COLUMN collection_id TEXT;
ALTER TABLE upload_sessions ADD COLUMN made TEXT;             -- JSON: what its steps have found out and made so far
-- Of what failed: whether its bytes are there still, so that somebody may ask for its steps again.
ALTER TABLE upload_sessions ADD COLUMN retryable INTEGER NOT NULL DEFAULT 0;
UPDATE upload_sessions SET retryable = 1
  WHERE status = 'failed' AND kind = 'parts' AND clear_at IS NULL AND failure_reason ->> 'step' = 'combine';
CREATE INDEX upload_sessions_of_collection ON upload_sessions (organization_id, collection_id, id)
  WHERE organization_id IS NOT NULL;
