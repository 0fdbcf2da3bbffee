-- What a sync enters is the newest, so that it belongs at the end of the index of the newest: walked backwards, that gives
-- the same order. Turned round as it was, each file was put before all others, which splits the first page again and again
-- and leaves the pages half empty. Nobody asks for the newest of all sources in one walk.
DROP INDEX datasette_files_newest;
CREATE INDEX datasette_files_newest ON datasette_files (source_id, created_at, id);
DROP INDEX datasette_files_newest_of_all;
