import type { ParquetColumn } from '../footer/parquet-file.ts'
import { nameKey } from './names.ts'
import { widen } from './widen.ts'

interface Named {
  readonly name: string
  readonly type: string
}

/** How the columns of a file differ from those of the dataset that it is to become part of, or is to replace. */
export interface Differences {
  /** In both, with one type. */
  readonly same: number
  /** Only in the file: rows that are there read NULL, unless they are replaced. */
  readonly added: readonly Named[]
  /** Only in the dataset: rows of the file read NULL; where it replaces it, the column goes. */
  readonly missing: readonly Named[]
  readonly changed: readonly Changed[]
}

export interface Changed {
  readonly name: string
  /** In the dataset. */
  readonly from: string
  /** In the file. */
  readonly to: string
  /** What holds both; null where nothing does: the file cannot be added. Where it replaces, that of the file. */
  readonly becomes: string | null
}

export function differencesOf(
  dataset: readonly Named[],
  file: readonly Pick<ParquetColumn, 'name' | 'type'>[],
): Differences {
  const known = new Map(dataset.map((column) => [nameKey(column.name), column]))
  const coming = new Map(file.map((column) => [nameKey(column.name), column]))
  const added = file.filter(({ name }) => !known.has(nameKey(name))).map(plain)
  const missing = dataset.filter(({ name }) => !coming.has(nameKey(name))).map(plain)
  const both = dataset.flatMap(({ name, type: from }) => {
    const to = coming.get(nameKey(name))?.type
    return to === undefined ? [] : [{ name, from, to }]
  })
  const changed = both
    .filter(({ from, to }) => from !== to)
    .map((one) => ({ ...one, becomes: widen(one.from, one.to) ?? null }))
  return { same: both.length - changed.length, added, missing, changed }
}

/** Whether somebody has to look at it before it is added. */
export function isDifferent({ added, missing, changed }: Differences): boolean {
  return added.length + missing.length + changed.length > 0
}

function plain({ name, type }: Named): Named {
  return { name, type }
}
