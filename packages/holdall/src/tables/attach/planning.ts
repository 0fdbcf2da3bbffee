import type { FileBrief } from '../../files/record.ts'
import type { Actor } from '../../web/route.ts'
import { readCell } from '../file-columns/cell.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { cellFiles, visibleFiles } from '../file-columns/visible.ts'
import { identifier, quoted } from '../identifiers.ts'
import { encodeRowKey } from '../keys.ts'
import type { SqliteValue } from '../value.ts'
import { type AskedList, type List, rowsOf } from './conditions.ts'
import { guessMatch } from './guess.ts'
import { type HeldTrouble, troubleIn } from './held.ts'
import { MAX_EMPTY_ROWS } from './limits.ts'
import { listFor } from './list.ts'
import { type FoundRows, findRows } from './match.ts'
import { candidatesFor, type Match } from './names.ts'
import { besideEachOther, inOrder, type Line, planLines, type RowChoice } from './plan.ts'
import type { AttachRoom, Subject } from './room.ts'
import { labelColumn } from './row-labels.ts'
import type { PlannedMatch, Replace } from './run.ts'

export interface PlanAsked extends AskedList {
  readonly actor: Actor | null
  readonly column: string
  readonly rule: FileColumn
  readonly files: readonly string[]
  /** Undefined: the one that finds a row for most of them. */
  readonly match: Match | undefined
  readonly replace: Replace
  readonly signal: AbortSignal
}

export interface Plan {
  readonly match: PlannedMatch
  readonly lines: readonly Line[]
  readonly files: ReadonlyMap<string, FileBrief>
  /** What is not right with what the row of a file holds, by the file. */
  readonly troubles: ReadonlyMap<string, HeldTrouble>
  /** The list whose rows were looked at; absent: all. */
  readonly conditions: List | undefined
}

/**
 * Finds the row of each file.
 * @throws HoldallError `attach_pattern_invalid`, `column_not_found` and what reading throws
 */
export async function makePlan(room: AttachRoom, subject: Subject, asked: PlanAsked): Promise<Plan> {
  const { database, table, fileColumns } = subject
  const { column, rule, replace, signal } = asked
  const files = await visibleFiles(room.registry, asked.actor, asked.files)
  const visible = inOrder([...files.values()])
  const hidden = [...new Set(asked.files)].filter((id) => !files.has(id))
  const names = visible.map(({ filename }) => filename)
  const { list, allRows } = asked
  const conditions = await listFor(room, subject, asked.actor, asked)
  const guessed = { fileColumns: new Set(fileColumns.keys()), cells: column, list: conditions, signal }
  const match = asked.match ?? (await guessMatch(database, table, names, guessed))
  const found = match && (await matchNames(subject, column, match, names, conditions, signal))
  const rows: FoundRows = found?.rows ?? new Map()
  const planned = [...visible.map((file) => ({ id: file.id, file })), ...hidden.map((id) => ({ id, file: undefined }))]
  const cells = [...rows].flatMap(
    ([
      at,
      {
        count,
        rows: [row],
      },
    ]) => {
      const id = planned[at]?.id
      return count === 1 && row && id !== undefined ? [[id, row[2]] as const] : []
    },
  )
  const held = await cellFiles(
    room,
    asked.actor,
    cells.flatMap(([, cell]) => readCell(cell).ids),
  )
  return {
    match: {
      ...(match ?? NO_MATCH),
      replace,
      complete: found?.complete ?? true,
      // Both are said anew, whatever a plan that is matched again said.
      list: list || undefined,
      allRows: (list && allRows) || undefined,
    },
    files,
    conditions,
    troubles: new Map(
      cells.flatMap(([id, cell]) => {
        const trouble = troubleIn(cell, held)
        return trouble === undefined ? [] : [[id, trouble]]
      }),
    ),
    lines: besideEachOther(planLines({ files: planned, found: rows, rule, replace, held })),
  }
}

/** For a table that has no column to compare names with. */
const NO_MATCH: Match = { column: '', how: 'equal', exact: false }

async function matchNames(
  { database, table }: Subject,
  cells: string,
  match: Match,
  names: readonly string[],
  list: List | undefined,
  signal: AbortSignal,
): Promise<{ rows: FoundRows; complete: boolean }> {
  const found = await findRows(database, table.name, {
    column: match.column,
    candidates: await candidatesFor(names, match),
    exact: match.exact,
    cells,
    label: labelColumn(table, match),
    list,
    signal,
  })
  return { rows: found.best(), complete: found.complete }
}

export interface EmptyRows {
  /** Rows whose cell is empty and that the plan leaves so; null where counting took too long. */
  readonly count: number | null
  /** The first of them. */
  readonly rows: readonly RowChoice[]
}

/**
 * The rows of a list, or of all, that have no file, and get none from the rows that a plan chooses.
 * @param held what the chosen rows hold by now: one that holds a file is not among the empty ones anyway
 */
export async function emptyRows(
  { database, table: { name } }: Subject,
  column: string,
  {
    chosen,
    held,
    match,
  }: {
    readonly chosen: Iterable<string>
    readonly held: ReadonlyMap<string, SqliteValue>
    /** What the rows are called by, where they have no name. */
    readonly match: Pick<Match, 'column'> | null
  },
  list?: List,
): Promise<EmptyRows> {
  const filled = new Set([...chosen].filter((key) => held.get(key) === null || held.get(key) === ''))
  const { results, schema } = await database.read((known) => {
    const table = known.tables.get(name)
    if (table === undefined) return { statements: [] }
    const cell = quoted(column)
    const only = list && rowsOf(table, list)
    const where = `${only?.sql ?? `from ${identifier(name)} where `}(${cell} is null or ${cell} = '')`
    const params = only?.params ?? {}
    const label = labelColumn(table, match)
    const shown = [...table.keys.map(({ sqlName }) => identifier(sqlName)), label === null ? 'null' : identifier(label)]
    return {
      statements: [
        {
          sql: `select ${shown.join(', ')} ${where} limit :limit`,
          params: { ...params, limit: MAX_EMPTY_ROWS + filled.size },
          optional: true,
        },
        { sql: `select count(*) ${where}`, params, optional: true },
      ],
    }
  })
  const [named, counted] = results
  const keys = schema.tables.get(name)?.keys ?? []
  const affinities = keys.map(({ affinity }) => affinity)
  const all = (named?.rows ?? []).map((row): RowChoice => {
    const label = row[keys.length] ?? null
    return { key: encodeRowKey(row.slice(0, keys.length), affinities), label: label === null ? null : String(label) }
  })
  const total = counted === undefined || counted.failure ? null : Number(counted.rows[0]?.[0] ?? 0)
  return {
    count: total === null ? null : Math.max(0, total - filled.size),
    rows: all.filter(({ key }) => !filled.has(key)).slice(0, MAX_EMPTY_ROWS),
  }
}
