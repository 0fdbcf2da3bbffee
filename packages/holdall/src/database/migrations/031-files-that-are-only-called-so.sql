-- Bytes that are known to be something else than the picture or the PDF that they are called are found as well. Whoever reads
-- them once more decides; pictures, films and sound show as they should, whatever they are called.
INSERT INTO datasette_files_work (file_id, kind) SELECT id, 'whole' FROM datasette_files
  WHERE content_type NOT IN ('application/octet-stream', 'application/pdf')
    AND content_type NOT LIKE 'image/%' AND content_type NOT LIKE 'audio/%' AND content_type NOT LIKE 'video/%'
    AND (filename LIKE '%.jpg' OR filename LIKE '%.jpeg' OR filename LIKE '%.png' OR filename LIKE '%.gif'
      OR filename LIKE '%.webp' OR filename LIKE '%.tif' OR filename LIKE '%.tiff' OR filename LIKE '%.pdf'
      OR declared_type LIKE 'image/%' OR declared_type = 'application/pdf')
  ORDER BY id ON CONFLICT DO NOTHING;
