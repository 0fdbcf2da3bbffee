import { formatCount } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import type { linkedOf } from './row-data.ts'

type Linked = ReturnType<typeof linkedOf>[number]

/** What SQLite does to rows whose row is deleted; where it does nothing, it refuses. */
const CONSEQUENCES: Readonly<Record<string, string>> = {
  CASCADE: 'They are deleted with it.',
  'SET NULL': 'They stay, and refer to no row any more.',
  'SET DEFAULT': 'They stay, and refer to the row that is their default.',
}

/** Whether the rows that refer to a row keep it from being deleted. */
export function forbids({ onDelete, count }: Linked): boolean {
  return count !== 0 && !Object.hasOwn(CONSEQUENCES, onDelete)
}

/** The rows of one table that refer to a row, and what deleting that means for them. */
export function referringWords(linked: Linked): Html {
  const { table, column, onDelete, count, href } = linked
  const rows = count === null ? `Rows of ${table}` : `${formatCount(count, 'row')} of ${table}`
  const consequence = CONSEQUENCES[onDelete] ?? 'Change or delete them first: as long as they do, it cannot be deleted.'
  return html`<p><a href="${safeUrl(href)}">${rows}</a> ${count === 1 ? 'refers' : 'refer'} to it as ${column}. ${singular(consequence, count)}</p>`
}

/** The same in one line, for a refusal. */
export function refusalWords(linked: readonly Linked[]): string {
  const forbidding = linked.filter(forbids)
  if (forbidding.length === 0) return 'Rows of another table, which you may not see, refer to it.'
  const rows = forbidding.map(({ table, column, count }) =>
    count === null ? `rows of ${table} as ${column}` : `${formatCount(count, 'row')} of ${table} as ${column}`,
  )
  return `It is referred to by ${rows.join(' and ')}. Change or delete those first.`
}

function singular(words: string, count: number | null): string {
  if (count !== 1) return words
  return words
    .replace('They are', 'It is')
    .replace('They stay, and refer', 'It stays, and refers')
    .replace('their default', 'its default')
    .replace('delete them first: as long as they do, it', 'delete that one first: as long as it does, this row')
}
