import type { InternalDatabase } from '../../database/internal.ts'
import type { Collection } from '../collections/rows.ts'
import { CALLED_FUNCTIONS } from '../engine/gate/functions.ts'
import { type Dataset, listDatasets } from '../records.ts'

/** Tables of a collection that are offered beside the dataset's own. */
const MAX_TABLES = 200
const PLAIN = /^[a-z_][a-z0-9_]*$/

/** What can be named in a query of a dataset: for the editor to offer. */
export interface QueryWords {
  /** The dataset's own. */
  readonly table: string
  /** Columns with their types, by table: of the dataset's own; others are there by their names. */
  readonly tables: Readonly<Record<string, readonly (readonly [name: string, type: string])[]>>
  readonly functions: readonly string[]
}

/** Functions that a query may call and that are written as a name. */
const FUNCTIONS = [...CALLED_FUNCTIONS].filter((name) => PLAIN.test(name)).sort()

export async function queryWords(
  database: InternalDatabase,
  collection: Pick<Collection, 'seq'>,
  { tableName, columns }: Pick<Dataset, 'tableName' | 'columns'>,
): Promise<QueryWords> {
  const { datasets } = await listDatasets(database, { collection: collection.seq, limit: MAX_TABLES })
  const others = datasets.map((dataset) => [dataset.tableName, []] as const)
  return {
    table: tableName,
    tables: { ...Object.fromEntries(others), [tableName]: columns.map(({ name, type }) => [name, type] as const) },
    functions: FUNCTIONS,
  }
}
