-- Counts the ids that have become ones that no file has. Which of them rows hold is looked for in the rows, which is a long
-- way: whoever has looked knows by this whether to look again.
CREATE TABLE datasette_files_vanished (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  ids INTEGER NOT NULL
) STRICT;
INSERT INTO datasette_files_vanished VALUES (1, 0);
CREATE TRIGGER datasette_files_vanished_purged AFTER DELETE ON datasette_files_trash
WHEN NOT EXISTS (SELECT 1 FROM datasette_files WHERE id = old.id) BEGIN
  UPDATE datasette_files_vanished SET ids = ids + 1;
END;
-- What goes into the trash is there before it leaves; what does not is the entry of a file that was moved.
CREATE TRIGGER datasette_files_vanished_moved AFTER DELETE ON datasette_files
WHEN NOT EXISTS (SELECT 1 FROM datasette_files_trash WHERE id = old.id) BEGIN
  UPDATE datasette_files_vanished SET ids = ids + 1;
END;
