import { DatabaseSync } from 'node:sqlite'

/** As many as a sync enters in one transaction. */
const PAGE_FILES = 1_000

/**
 * Copies the files of a registry into an empty one, with nothing but SQL: what they cost that schema, whoever lists them.
 * Prints the seconds. Its arguments are the two databases.
 */
const [, , from = '', to = ''] = process.argv
const database = new DatabaseSync(to)
// As the server's own connection has it while a sync writes.
database.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY')
database.exec('PRAGMA wal_autocheckpoint = 10000')
database.prepare('ATTACH ? AS synced').run(from)
const columns = database
  .prepare("SELECT group_concat(name) AS names FROM pragma_table_info('datasette_files') WHERE name <> 'seq'")
  .get()?.names
const last = Number(database.prepare('SELECT max(seq) AS last FROM synced.datasette_files').get()?.last)
const enter = database.prepare(`INSERT INTO main.datasette_files (${columns})
  SELECT ${columns} FROM synced.datasette_files WHERE seq > ? AND seq <= ? ORDER BY seq`)
const want = database.prepare(`INSERT INTO main.datasette_files_work SELECT w.* FROM synced.datasette_files AS f
  CROSS JOIN synced.datasette_files_work AS w ON w.file_id = f.id WHERE f.seq > ? AND f.seq <= ? ORDER BY f.seq`)
const began = performance.now()
for (let seq = 0; seq < last; seq += PAGE_FILES) {
  database.exec('BEGIN IMMEDIATE')
  enter.run(seq, seq + PAGE_FILES)
  want.run(seq, seq + PAGE_FILES)
  database.exec('COMMIT')
}
process.stdout.write(`${(performance.now() - began) / 1_000}\n`)
database.close()
