import { formatCount, formatNumber } from '../../web/format.ts'
import type { FileUse, ManyUses } from '../references.ts'

/** A row that holds some of the files. */
export interface UsingRow extends FileUse {
  /** The ids of those that it holds. */
  readonly files: readonly string[]
}

/** The rows, each once, whatever number of the files it holds and in however many columns. */
export function usingRows({ seen }: Pick<ManyUses, 'seen'>): UsingRow[] {
  const rows = new Map<string, UsingRow>()
  for (const [id, uses] of seen) {
    for (const use of uses) {
      const known = rows.get(use.url) ?? { ...use, files: [] }
      rows.set(use.url, { ...known, files: [...known.files.filter((one) => one !== id), id] })
    }
  }
  return [...rows.values()]
}

/**
 * Which of some files rows use, for whoever is about to delete them: "2 of these 5 are used by 3 rows". Null when no row
 * uses any, as far as every table could be searched.
 */
export function usesWords(uses: ManyUses, of: number): string | null {
  const { seen, hidden, truncated } = uses
  const elsewhere = [...hidden].filter((id) => !seen.has(id)).length
  if (seen.size + elsewhere === 0)
    return truncated ? `Not every table could be searched: rows may use ${of === 1 ? 'it' : 'them'}` : null
  if (seen.size === 0) return `${subject(elsewhere, of)} used by rows that you may not see`
  const count = formatCount(usingRows(uses).length, 'row')
  const rows = truncated ? `at least ${count}` : count
  const both = [...hidden].some((id) => seen.has(id)) ? ' and by others that you may not see' : ''
  const more = elsewhere === 0 ? '' : `; ${formatNumber(elsewhere)} more by rows that you may not see`
  return `${subject(seen.size, of)} used by ${rows}${both}${more}`
}

function subject(used: number, of: number): string {
  if (of === 1) return 'It is'
  if (used === of) return of === 2 ? 'Both are' : `All ${formatNumber(of)} are`
  return `${formatNumber(used)} of these ${formatNumber(of)} ${used === 1 ? 'is' : 'are'}`
}
