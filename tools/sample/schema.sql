CREATE TABLE places (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  region TEXT NOT NULL,
  latitude REAL,
  longitude REAL
);
CREATE TABLE makers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  trade TEXT NOT NULL DEFAULT '',
  place_id INTEGER REFERENCES places(id),
  born INTEGER,
  died INTEGER,
  note TEXT NOT NULL DEFAULT '',
  portrait TEXT
);
CREATE TABLE objects (
  accession_no TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  image TEXT,
  kind TEXT NOT NULL,
  maker_id INTEGER REFERENCES makers(id),
  year_made INTEGER,
  place_id INTEGER REFERENCES places(id),
  material TEXT,
  height_mm INTEGER,
  photos TEXT,
  report TEXT,
  description TEXT,
  acquired_on TEXT,
  acquired_how TEXT,
  credit TEXT,
  on_display INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE exhibitions (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  gallery TEXT NOT NULL,
  opens_on TEXT NOT NULL,
  closes_on TEXT,
  poster TEXT
);
CREATE TABLE shown (
  exhibition_id INTEGER NOT NULL REFERENCES exhibitions(id),
  accession_no TEXT NOT NULL REFERENCES objects(accession_no),
  position INTEGER NOT NULL,
  PRIMARY KEY (exhibition_id, accession_no)
);
CREATE TABLE loans (
  id INTEGER PRIMARY KEY,
  accession_no TEXT NOT NULL REFERENCES objects(accession_no),
  borrower TEXT NOT NULL,
  purpose TEXT NOT NULL,
  out_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  returned_on TEXT,
  insured_for INTEGER
);
CREATE TABLE conservation (
  id INTEGER PRIMARY KEY,
  accession_no TEXT NOT NULL REFERENCES objects(accession_no),
  done_on TEXT NOT NULL,
  conservator TEXT NOT NULL,
  condition TEXT NOT NULL,
  treatment TEXT NOT NULL,
  hours REAL,
  next_check_on TEXT
);
CREATE INDEX objects_maker ON objects(maker_id);
CREATE INDEX objects_place ON objects(place_id);
CREATE INDEX shown_object ON shown(accession_no);
CREATE INDEX loans_object ON loans(accession_no);
CREATE INDEX conservation_object ON conservation(accession_no);

CREATE VIEW on_display AS
  SELECT o.accession_no, o.title, o.kind, m.name AS maker, o.year_made, p.name AS place
  FROM objects o
  LEFT JOIN makers m ON m.id = o.maker_id
  LEFT JOIN places p ON p.id = o.place_id
  WHERE o.on_display = 1;

-- What people look for beside an object's own words: who made it and where. So it keeps its own text, of which a
-- change of a maker or a place is a part.
CREATE VIRTUAL TABLE objects_fts USING fts5(title, description, material, accession_no, maker, place);
CREATE TRIGGER objects_fts_insert AFTER INSERT ON objects BEGIN
  INSERT INTO objects_fts(rowid, title, description, material, accession_no, maker, place)
  VALUES (new.rowid, new.title, new.description, new.material, new.accession_no,
    (SELECT name FROM makers WHERE id = new.maker_id), (SELECT name FROM places WHERE id = new.place_id));
END;
CREATE TRIGGER objects_fts_delete AFTER DELETE ON objects BEGIN
  DELETE FROM objects_fts WHERE rowid = old.rowid;
END;
CREATE TRIGGER objects_fts_update AFTER UPDATE ON objects BEGIN
  DELETE FROM objects_fts WHERE rowid = old.rowid;
  INSERT INTO objects_fts(rowid, title, description, material, accession_no, maker, place)
  VALUES (new.rowid, new.title, new.description, new.material, new.accession_no,
    (SELECT name FROM makers WHERE id = new.maker_id), (SELECT name FROM places WHERE id = new.place_id));
END;
CREATE TRIGGER objects_fts_maker AFTER UPDATE OF name ON makers BEGIN
  UPDATE objects_fts SET maker = new.name WHERE rowid IN (SELECT rowid FROM objects WHERE maker_id = new.id);
END;
CREATE TRIGGER objects_fts_place AFTER UPDATE OF name ON places BEGIN
  UPDATE objects_fts SET place = new.name WHERE rowid IN (SELECT rowid FROM objects WHERE place_id = new.id);
END;
