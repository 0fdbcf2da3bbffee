/** What can be named in a query, as the page tells it. */
export interface Words {
  /** The table whose columns are meant where none is named. */
  readonly table: string
  /** Names of columns with their types, by table; other tables may stand without theirs. */
  readonly tables: Readonly<Record<string, readonly (readonly [name: string, type: string])[]>>
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

const NONE: Words = {
  ...{ table: '', tables: {}, titles: {}, functions: [], tableFunctions: [] },
  keywords: { quoted: [], others: [] },
}

/** The words stand in a script of data behind the text area. */
export function readWords(area: HTMLTextAreaElement): Words {
  const data = area.parentElement?.querySelector('script[type="application/json"].sql-words')
  return data?.textContent ? { ...NONE, ...(JSON.parse(data.textContent) as Partial<Words>) } : NONE
}
