import type { InternalDatabase } from '../../database/internal.ts'
import type { Collection } from '../collections/rows.ts'
import { CALLED_FUNCTIONS, TABLE_FUNCTIONS } from '../engine/gate/functions.ts'
import { OTHER_KEYWORDS, QUOTED_KEYWORDS } from '../engine/gate/keywords.ts'
import type { ParquetColumn } from '../footer/parquet-file.ts'
import { stemOf } from '../identity.ts'
import type { Dataset } from '../records.ts'

/** Tables of a collection that are offered beside the dataset's own, and columns of all of them. */
const MAX_TABLES = 200
const MAX_COLUMNS = 2_000
const PLAIN = /^[a-z_][a-z0-9_]*$/

type Columns = readonly (readonly [name: string, type: string])[]

/** What can be named in a query of a dataset: for the editor to offer. */
export interface QueryWords {
  /** The dataset's own. */
  readonly table: string
  /** Columns with their types, by table; where there are too many, tables stand without theirs. */
  readonly tables: Readonly<Record<string, Columns>>
  /** What people call the tables. */
  readonly titles: Readonly<Record<string, string>>
  readonly functions: readonly string[]
  /** Those that stand where a table stands. */
  readonly tableFunctions: readonly string[]
  readonly keywords: {
    /** They are names only in quotes. */
    readonly quoted: readonly string[]
    readonly others: readonly string[]
  }
}

/** What a query may call and that is written as a name. */
const FUNCTIONS = [...CALLED_FUNCTIONS].filter((name) => PLAIN.test(name)).sort()
const FROM_FUNCTIONS = [...TABLE_FUNCTIONS].sort()

export async function queryWords(
  database: InternalDatabase,
  collection: Pick<Collection, 'seq'>,
  { tableName, columns, filename }: Pick<Dataset, 'tableName' | 'columns' | 'filename'>,
): Promise<QueryWords> {
  const others = await otherTables(database, collection.seq, tableName)
  const all = [...others, { table_name: tableName, filename, columns }]
  return {
    table: tableName,
    tables: Object.fromEntries(all.map(({ table_name, columns }) => [table_name, named(columns)])),
    titles: Object.fromEntries(all.map(({ table_name, filename }) => [table_name, stemOf(filename)])),
    functions: FUNCTIONS,
    tableFunctions: FROM_FUNCTIONS,
    keywords: { quoted: QUOTED_KEYWORDS, others: OTHER_KEYWORDS },
  }
}

async function otherTables(database: InternalDatabase, collection: number, own: string) {
  const rows = await database.read
    .selectFrom('datasets')
    .select(['seq', 'table_name', 'filename', 'column_count'])
    .where('collection', '=', collection)
    .where('deletion_requested_at', 'is', null)
    .where('table_name', '!=', own)
    .orderBy('seq', 'desc')
    .limit(MAX_TABLES)
    .execute()
  let left = MAX_COLUMNS
  const described = rows.filter(({ column_count }) => {
    if (column_count > left) return false
    left -= column_count
    return true
  })
  const columnsBySeq = await columnsOf(
    database,
    described.map(({ seq }) => seq),
  )
  return rows.map((row) => ({ ...row, columns: columnsBySeq.get(row.seq) ?? [] }))
}

async function columnsOf(database: InternalDatabase, seqs: readonly number[]) {
  const found = await database.read.selectFrom('datasets').select(['seq', 'columns']).where('seq', 'in', seqs).execute()
  return new Map(found.map(({ seq, columns }) => [seq, JSON.parse(columns) as readonly ParquetColumn[]]))
}

function named(columns: readonly ParquetColumn[]): Columns {
  return columns.map(({ name, type }) => [name, type] as const)
}
