import type { Trouble } from '../../files/troubles.ts'
import { readCell } from '../file-columns/cell.ts'
import { type CellFiles, troubleOf } from '../file-columns/items.ts'
import { FILES_IN_TROUBLE } from '../file-columns/trouble-words.ts'
import type { SqliteValue } from '../value.ts'

/** What is not right with what a row holds. */
export interface HeldTrouble {
  /** `a file that is missing and 2 files that cannot be read` */
  readonly words: string
  readonly files: number
  /** Nothing that the row holds is right. */
  readonly isAll: boolean
}

/** Undefined where all of it is right, as far as one may know. */
export function troubleIn(cell: SqliteValue | undefined, known: CellFiles): HeldTrouble | undefined {
  const { ids } = readCell(cell ?? null)
  const counts = new Map<Trouble, number>()
  for (const id of ids) {
    const trouble = troubleOf(id, known)
    if (trouble !== undefined) counts.set(trouble, (counts.get(trouble) ?? 0) + 1)
  }
  if (counts.size === 0) return undefined
  const files = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const words = [...counts].map(([trouble, count]) => wordsFor(trouble, count)).join(' and ')
  return { words, files, isAll: files === ids.length }
}

/** Whether nothing of it is right, as far as one may know. @param ids what a row holds */
export function isAllWrong(ids: readonly string[], known: CellFiles): boolean {
  return ids.length > 0 && ids.every((id) => troubleOf(id, known) !== undefined)
}

function wordsFor(trouble: Trouble, count: number): string {
  return count === 1 ? `a file that ${ONE[trouble]}` : `${count} files that ${FILES_IN_TROUBLE[trouble]}`
}

const ONE: Readonly<Record<Trouble, string>> = {
  missing: 'is missing',
  unreadable: 'cannot be read',
  trashed: 'is in the trash',
  gone: 'is gone for good',
}
