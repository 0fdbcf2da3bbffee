import type { FileBrief } from '../../files/record.ts'
import type { HeldTrouble } from './held.ts'
import type { JournalCell } from './journal-cells.ts'
import { LEFT_OUT } from './parts.ts'
import { countStates, type Line } from './plan.ts'
import type { EmptyRows, Plan } from './planning.ts'
import { replacedIn } from './replaced.ts'
import type { PlannedMatch, Run } from './run.ts'

/** A run as the API shows it. */
export function runJson(run: Run): Record<string, unknown> {
  return {
    id: run.id,
    database: run.database,
    table: run.table,
    column: run.column,
    actor: run.actorId,
    status: run.status,
    match: run.match && matchJson(run.match),
    ...(run.status === 'planned' && { revision: run.revision }),
    files: run.files,
    rows: run.cells,
    restored: run.restored,
    failure_reason: run.failureReason,
    created_at: run.createdAt,
    applied_at: run.appliedAt,
    undone_at: run.undoneAt,
    undone_by: run.undoneBy,
  }
}

export function matchJson({ column, how, pattern, exact, list, allRows }: PlannedMatch): Record<string, unknown> {
  return { column, how, ...(how === 'pattern' && { pattern }), exact, ...(list && !allRows && { rows: list }) }
}

export function planJson({ match, lines, files, troubles }: Plan, empty: EmptyRows): Record<string, unknown> {
  return {
    match: matchJson(match),
    complete: match.complete,
    counts: countStates(lines),
    pairs: pairsOf(lines),
    files: lines.map((line) => lineJson(line, files.get(line.file), troubles.get(line.file))),
    rows_without_file: empty.count,
  }
}

export function pairsOf(lines: readonly Line[]): [string, string][] {
  return lines.flatMap(({ file, chosen }) => (chosen === null || chosen === LEFT_OUT ? [] : [[file, chosen]]))
}

function lineJson(line: Line, file: FileBrief | undefined, trouble: HeldTrouble | undefined): Record<string, unknown> {
  return {
    id: line.file,
    filename: file?.filename ?? null,
    unreadable: file?.unreadable ?? null,
    state: line.state,
    row: line.chosen || null,
    rows: line.rows,
    row_count: line.rowCount,
    note: line.note ?? (trouble === undefined ? null : `The row holds ${trouble.words}.`),
  }
}

export function cellJson(cell: JournalCell): Record<string, unknown> {
  const { key, files, outcome } = cell
  return { row: key, files, replaced: replacedIn(cell), outcome }
}
