import { readdirSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { HoldallError } from '../web/error.ts'

const FOLDER = new URL('./migrations/', import.meta.url)

/**
 * Brings the database to the newest schema: every `migrations/NNN-name.sql` that it has not seen, in order, all in one
 * transaction. A file that is neither empty nor ours is left untouched.
 */
export function migrate(connection: DatabaseSync, path: string): void {
  connection.exec('BEGIN IMMEDIATE')
  try {
    claim(connection, path)
    const done = new Set(
      connection
        .prepare('SELECT name FROM holdall_migrations')
        .all()
        .map((row) => row.name as string),
    )
    const known = readdirSync(FOLDER)
      .filter((name) => name.endsWith('.sql'))
      .sort()
    const unknown = [...done].filter((name) => !known.includes(name))
    if (unknown.length > 0) throw new HoldallError('internal_database_newer', { path, migrations: unknown.join(', ') })
    for (const name of known) {
      if (done.has(name)) continue
      connection.exec(readFileSync(new URL(name, FOLDER), 'utf8'))
      connection.prepare('INSERT INTO holdall_migrations (name) VALUES (?)').run(name)
    }
    connection.exec('COMMIT')
  } catch (error) {
    connection.exec('ROLLBACK')
    throw error
  }
}

function claim(connection: DatabaseSync, path: string): void {
  const tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  const ours = tables.some((table) => table.name === 'holdall_migrations')
  if (!ours && tables.length > 0) throw new HoldallError('internal_database_unknown', { path })
  connection.exec(`CREATE TABLE IF NOT EXISTS holdall_migrations (
    name TEXT PRIMARY KEY,
    applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
  ) STRICT, WITHOUT ROWID`)
}
