-- Datasette's shape, so that what is kept here means the same to both.
CREATE TABLE metadata_columns (
  database_name TEXT NOT NULL,
  resource_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT,
  PRIMARY KEY (database_name, resource_name, column_name, key)
) STRICT, WITHOUT ROWID;
