import { HoldallError } from '../../web/error.ts'
import type { Actor } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import { readCell } from '../file-columns/cell.ts'
import { checkFileColumns, type FileCheck } from '../file-columns/check.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import type { VisibleFiles } from '../file-columns/visible.ts'
import type { Writers } from '../write/writers.ts'
import type { JournalCell } from './journal-cells.ts'
import { type RowProblem, refuseRows } from './row-problems.ts'
import type { Pair, PlannedMatch, ReadPlan } from './run.ts'
import { inBatches } from './writes.ts'

/** What somebody wants attached. */
export interface Wanted {
  readonly database: ServedDatabase
  readonly table: string
  readonly column: string
  readonly rule: FileColumn
  readonly actor: Actor | null
  readonly pairs: readonly Pair[]
  /** The plan that is carried out, as the pairs were read from it. */
  readonly plan: ReadPlan | null
  /** How the pairs were found, where no plan says it. */
  readonly match?: PlannedMatch | undefined
}

/**
 * What the cells hold and are to hold, checked as every write to a file column is. Cells that hold it already are absent.
 * @throws HoldallError `file_column_refused` with what is wrong by the rows' addresses, and what reading throws
 */
export async function wantedCells(
  { database, table, column, rule, actor, pairs }: Wanted,
  { writers, files }: { readonly writers: Writers; readonly files: VisibleFiles },
): Promise<Omit<JournalCell, 'outcome'>[]> {
  const byRow = new Map<string, string[]>()
  for (const [file, key] of pairs) {
    const ids = byRow.get(key)
    if (ids) ids.push(file)
    else byRow.set(key, [file])
  }
  const keys = [...byRow.keys()]
  const { stored = [] } = await writers.write(database, { kind: 'stored', table, columns: [column], rows: keys })
  const problems: RowProblem[] = []
  const cells = keys.flatMap((key, at) => {
    const held = stored[at]?.[0]
    const added = [...new Set(byRow.get(key))]
    if (held === undefined) problems.push({ key, message: 'There is no such row.' })
    else if (held !== null && typeof held !== 'string') problems.push({ key, message: 'Its cell holds no text.' })
    else if (!rule.multiple && added.length > 1)
      problems.push({ key, message: `This column takes one file, not ${added.length}.` })
    else {
      const { ids, other } = readCell(held)
      if (other !== null) {
        problems.push({ key, message: 'It holds text that is no file, which is left as it is.' })
        return []
      }
      const news = added.filter((id) => !ids.includes(id))
      if (news.length === 0) return []
      const after = rule.multiple ? JSON.stringify([...ids, ...news]) : (news[0] as string)
      return [{ key, before: held, after, files: news }]
    }
    return []
  })
  refuseRows(problems, column)
  const refused: RowProblem[] = []
  await inBatches(cells.length, async (from, to) => {
    const batch = cells.slice(from, to)
    const check = {
      actor,
      files,
      columns: new Map([[column, rule]]),
      rows: batch.map(({ after }) => [[column, after]] as const),
      stored: async () => batch.map(({ before }) => new Map([[column, before]])),
    }
    refused.push(...(await problemsOf(batch, check)))
  })
  refuseRows(refused, column)
  return cells
}

/** What `checkFileColumns` says against cells, by their rows' addresses in place of numbers. */
async function problemsOf(cells: readonly { readonly key: string }[], check: FileCheck): Promise<RowProblem[]> {
  try {
    await checkFileColumns(check)
    return []
  } catch (error) {
    if (!(error instanceof HoldallError) || error.code !== 'file_column_refused') throw error
    return error.errors.map((text) => {
      const [head = '', at = '0'] = /^(?:Row (\d+): )?/.exec(text) ?? []
      return { key: cells[Number(at)]?.key ?? '', message: text.slice(head.length) }
    })
  }
}
