import { completeFromList } from '@codemirror/autocomplete'
import { PostgreSQL, sql } from '@codemirror/lang-sql'
import type { Extension } from '@codemirror/state'

/** What can be named in a query, as the page tells it. */
interface Words {
  /** The table whose columns are meant where none is named. */
  readonly table: string
  /** Names of columns with their types, by table; other tables may stand without theirs. */
  readonly tables: Readonly<Record<string, readonly (readonly [name: string, type: string])[]>>
  readonly functions: readonly string[]
}

const NONE: Words = { table: '', tables: {}, functions: [] }

/** The words stand in a script of data behind the text area. */
export function readWords(area: HTMLTextAreaElement): Words {
  const data = area.parentElement?.querySelector('script[type="application/json"].sql-words')
  return data?.textContent ? { ...NONE, ...(JSON.parse(data.textContent) as Partial<Words>) } : NONE
}

/** A name as it can stand in SQL. */
function identifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** SQL that knows these words: DuckDB's grammar is nearest to that of PostgreSQL. */
export function language({ table, tables, functions }: Words): Extension {
  const schema = Object.fromEntries(
    Object.entries(tables).map(([name, columns]) => [
      name,
      columns.map(([label, detail]) => ({ label, detail, type: 'property', apply: identifier(label) })),
    ]),
  )
  const calls = functions.map((label) => ({ label, type: 'function', detail: 'function', apply: `${label}(` }))
  return [
    sql({ dialect: PostgreSQL, schema, ...(table !== '' && { defaultTable: table }) }),
    PostgreSQL.language.data.of({ autocomplete: completeFromList(calls) }),
  ]
}
