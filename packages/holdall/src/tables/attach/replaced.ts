import { readCell } from '../file-columns/cell.ts'
import type { JournalCell } from './journal-cells.ts'

/** The files whose place others took in a cell, in their order. */
export function replacedIn({ before, after }: Pick<JournalCell, 'before' | 'after'>): string[] {
  const kept = new Set(readCell(after).ids)
  return readCell(before).ids.filter((id) => !kept.has(id))
}
