-- Of a file that changed, what was written into the old picture (EXIF, IPTC) was kept beside that of the new one. Read again.
INSERT INTO datasette_files_work (file_id, kind) SELECT id, 'facts' FROM datasette_files
  WHERE changed_at IS NOT NULL AND metadata <> '{}' ON CONFLICT DO NOTHING;
