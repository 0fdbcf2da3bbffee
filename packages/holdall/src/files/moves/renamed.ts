import { setImmediate as turn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { FileRow } from '../rows.ts'
import { SIBLINGS } from './limits.ts'

interface Moved {
  readonly from_path: string
  readonly path: string
  readonly moved_at: string
}

type Placed = Pick<FileRow, 'path' | 'missing_since'>

/**
 * Of files with the same bytes, whose own paths leave it open which is which: what else lies in a folder has come from
 * another one since they went, and so have they. Whatever could be two things is left out.
 */
export async function byRenamedFolders<Missing extends Placed, Found extends Placed>(
  database: InternalDatabase,
  sourceId: number,
  { missing, untouched }: { readonly missing: readonly Missing[]; readonly untouched: readonly Found[] },
): Promise<[Missing, Found][]> {
  const byPath = new Map(missing.map((file) => [file.path, file]))
  const meant = new Map<Missing, Found[]>()
  // Many empty files lie in one folder, or in folders of one.
  const known = new Map<string, readonly Moved[]>()
  async function into(folder: string): Promise<readonly Moved[]> {
    const moved = known.get(folder) ?? (await movedInto(database, sourceId, folder))
    known.set(folder, moved)
    return moved
  }
  for (const found of untouched) {
    for (const one of await originsOf(found.path, byPath, into)) {
      meant.set(one, [...(meant.get(one) ?? []), found])
    }
    await turn()
  }
  const claims = [...meant].flatMap(([one, all]) => all.map((found) => [one, found] as const))
  return claims.filter(([one, found]) => claims.every(([other, also]) => (other === one) === (also === found))) as [
    Missing,
    Found,
  ][]
}

/** The missing files that one may be, by the deepest of its folders of which that is known. */
async function originsOf<Missing extends Placed>(
  path: string,
  missing: ReadonlyMap<string, Missing>,
  into: (folder: string) => Promise<readonly Moved[]>,
): Promise<Set<Missing>> {
  const origins = new Set<Missing>()
  for (let end = path.lastIndexOf('/'); end > 0 && origins.size === 0; end = path.lastIndexOf('/', end - 1)) {
    const folder = path.slice(0, end + 1)
    for (const moved of await into(folder)) {
      const rest = moved.path.slice(folder.length)
      if (moved.from_path !== rest && !moved.from_path.endsWith(`/${rest}`)) continue
      const from = moved.from_path.slice(0, moved.from_path.length - rest.length)
      const one = missing.get(from + path.slice(folder.length))
      if (one !== undefined && moved.moved_at >= (one.missing_since ?? '')) origins.add(one)
    }
  }
  return origins
}

async function movedInto(database: InternalDatabase, sourceId: number, folder: string): Promise<Moved[]> {
  const { rows } = await sql<Moved>`SELECT v.from_path, f.path, v.moved_at
    FROM (SELECT id, path FROM datasette_files
      WHERE source_id = ${sourceId} AND path > ${folder} AND path < ${`${folder.slice(0, -1)}0`}
      ORDER BY path LIMIT ${SIBLINGS}) AS f
    CROSS JOIN datasette_files_moves AS v ON v.file_id = f.id AND v.to_path = f.path`.execute(database.read)
  return rows
}
