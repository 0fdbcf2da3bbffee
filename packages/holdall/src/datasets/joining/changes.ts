import type { Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'

/** What became of a dataset, one thing after the other. */
export interface Change {
  readonly what: 'created' | 'added' | 'replaced' | Noted['what'] | 'not_added' | 'not_replaced'
  /** The present one from then on. */
  readonly version: number
  /** ISO 8601; null where nobody wrote it down. */
  readonly at: string | null
  readonly by: string | null
  /** Those that came, or should have come; of what was taken out or restored none. */
  readonly came: readonly { readonly path?: string; readonly filename: string }[]
  /** Those that were taken out, while a version is there that has them. */
  readonly went?: readonly { readonly filename: string }[]
  /** Files and rows that came, or less than 0 that went; null where nobody wrote it down. */
  readonly files: number | null
  readonly rows: number | null
  /** Of the version once it was done. */
  readonly after: Totals
}

interface Totals {
  readonly files: number
  readonly rows: number
  readonly bytes: number
}

/** Taking out, going back and the trash leave no trace in the files: it is written down. In the transaction that does it. */
export async function noteChange(
  trx: Transaction<Schema>,
  datasetId: string,
  change: {
    readonly what: Noted['what']
    readonly version: number
    readonly by: string | null
    readonly files?: number
    readonly rows?: number
  },
): Promise<void> {
  const { what, version, by, files = 0, rows = 0 } = change
  await trx
    .insertInto('dataset_changes')
    .values({ dataset_id: datasetId, version, what, files_gone: files, rows_gone: rows, changed_by: by })
    .execute()
}

/** What became of the versions that are there, the last first. */
export async function changesOf(
  database: InternalDatabase,
  id: string,
  versions: readonly number[],
): Promise<Change[]> {
  const [files, noted] = await Promise.all([
    database.read
      .selectFrom('dataset_files')
      .select(['version', 'path', 'filename', 'size_bytes', 'row_count', 'added_at', 'uploaded_by'])
      .where('dataset_id', '=', id)
      .where('role', '=', 'data')
      .where('version', 'in', versions)
      .orderBy('version')
      .orderBy('ordinal')
      .execute(),
    database.read
      .selectFrom('dataset_changes')
      .selectAll()
      .where('dataset_id', '=', id)
      .where('version', 'in', versions)
      .orderBy('seq')
      .execute(),
  ])
  const byVersion = Map.groupBy(files, ({ version }) => version)
  const changes = [...byVersion].reverse().flatMap(([version, members]) =>
    changesOfVersion(
      version,
      members,
      noted.filter((one) => one.version === version),
    ).map((change) => ({ ...change, went: wentWith(change, byVersion) })),
  )
  return changes.sort(byTime).map(({ when: _, ...change }) => change)
}

interface Member {
  readonly path: string
  readonly filename: string
  readonly size_bytes: number
  readonly row_count: number | null
  readonly added_at: string
  readonly uploaded_by: string | null
}

interface Noted {
  readonly what: 'taken_out' | 'restored' | 'trashed' | 'untrashed'
  readonly files_gone: number
  readonly rows_gone: number
  readonly changed_at: string
  readonly changed_by: string | null
}

type Dated = Change & { readonly when: string }

function byTime(a: Dated, b: Dated): number {
  return a.when === b.when ? 0 : b.when < a.when ? -1 : 1
}

/** Whether the rows are others since; not so of the trash, and of what failed. */
export function isOfRows({ what }: Change): boolean {
  return !['trashed', 'untrashed', 'not_added', 'not_replaced'].includes(what)
}

/** The last first, as far as they can be told apart. */
function changesOfVersion(version: number, members: readonly Member[], noted: readonly Noted[]): Dated[] {
  const [first, ...more] = groupsOf(version, members)
  if (first === undefined) return []
  let after = totalsOf(first)
  const added = more.map((group): Dated => {
    const { files, rows, bytes } = totalsOf(group)
    after = { files: after.files + files, rows: after.rows + rows, bytes: after.bytes + bytes }
    return { ...cameWith('added', version, group), after }
  })
  const written = noted
    .filter(({ what }) => what !== 'taken_out')
    .map(({ what, changed_at: at, changed_by: by }): Dated => {
      const then = members.filter(({ added_at }) => added_at <= at)
      return { ...{ what, version, at, by, came: [], files: 0, rows: 0 }, after: totalsOf(then), when: at }
    })
  return [...written.reverse(), ...added.reverse(), begunAs(version, first, noted)]
}

function begunAs(version: number, files: readonly Member[], noted: readonly Noted[]): Dated {
  if (isOwn(version, files[0] as Member)) {
    return { ...cameWith(version === 1 ? 'created' : 'replaced', version, files), after: totalsOf(files) }
  }
  const taken = noted.find(({ what }) => what === 'taken_out')
  return {
    ...{ what: 'taken_out', version, at: taken?.changed_at ?? null, by: taken?.changed_by ?? null, came: [] },
    files: taken === undefined ? null : -taken.files_gone,
    rows: taken === undefined ? null : -taken.rows_gone,
    after: totalsOf(files),
    when: taken?.changed_at ?? lastOf(files),
  }
}

/** What the version had that it was made of, which is one of those before it, and has not. */
function wentWith(
  { what, version, files, at }: Dated,
  byVersion: ReadonlyMap<number, readonly Member[]>,
): readonly Member[] {
  if (what !== 'taken_out' || files === null || at === null) return []
  const kept = new Set((byVersion.get(version) ?? []).filter((one) => !isOwn(version, one)).map(({ path }) => path))
  for (const [other, members] of [...byVersion].reverse()) {
    const went = members.filter(({ path }) => !kept.has(path))
    if (other >= version || members.length - went.length !== kept.size) continue
    // More may have been added to it since.
    const then = [went, went.filter(({ added_at }) => added_at <= at)].find((some) => some.length === -files)
    if (then !== undefined) return then
  }
  return []
}

function cameWith(what: 'created' | 'added' | 'replaced', version: number, files: readonly Member[]) {
  const { rows } = totalsOf(files)
  const { added_at: at = '', uploaded_by: by = null } = files[0] ?? {}
  const came = files.map(({ path, filename }) => ({ path, filename }))
  return { what, version, at, by, came, files: files.length, rows, when: at }
}

/** Files that came together, in their order; what a version has of the one before is the first of them. */
function groupsOf(version: number, members: readonly Member[]): Member[][] {
  const taken = members.filter((member) => !isOwn(version, member))
  const came = members.filter((member) => isOwn(version, member))
  const together = Map.groupBy(came, ({ added_at, uploaded_by }) => JSON.stringify([added_at, uploaded_by]))
  return taken.length === 0 ? [...together.values()] : [taken, ...together.values()]
}

/** Whether it came with a version, and was not taken over from the one before. What a dataset was made of may lie anywhere. */
function isOwn(version: number, { path }: Member): boolean {
  return version === 1 || path.includes(`/v${version}/data/`)
}

function totalsOf(files: readonly Member[]): Totals {
  return {
    files: files.length,
    rows: files.reduce((sum, { row_count }) => sum + (row_count ?? 0), 0),
    bytes: files.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
  }
}

function lastOf(files: readonly Member[]): string {
  return (
    files
      .map(({ added_at }) => added_at)
      .toSorted()
      .at(-1) ?? ''
  )
}
