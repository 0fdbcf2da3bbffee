import { MAX_TROUBLED, TROUBLES, type Trouble, type Troubles } from '../../files/troubles.ts'
import { HoldallError } from '../../web/error.ts'
import { formatNumber } from '../../web/format.ts'
import type { Actor } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import { FILE_OPERATORS, type FileIds, filterName, isFileOperator } from '../filters.ts'
import { createGone } from './gone.ts'
import type { FileColumns } from './settings.ts'
import { FILES_IN_TROUBLE } from './trouble-words.ts'

/** The filters that ask what became of the files of rows, with the ids that they mean, for `buildTableQuery`. */
export interface FindFileIds {
  /**
   * Costs nothing where no filter asks.
   * @throws HoldallError `file_filter_too_many`, `bad_request`, `permission_denied`, and what reading throws
   */
  (actor: Actor | null, database: ServedDatabase, table: string, parameters: URLSearchParams): Promise<FileIds>
  /** The operators that an actor may use. */
  askable(actor: Actor | null): Promise<ReadonlySet<string>>
}

const NONE: FileIds = new Map()

export function createFindFileIds(room: {
  readonly troubles: Troubles
  readonly fileColumns: Pick<FileColumns, 'of'>
}): FindFileIds {
  const { troubles, fileColumns } = room
  const gone = createGone(troubles)

  async function idsFor(
    actor: Actor | null,
    database: ServedDatabase,
    table: string,
    column: string,
    trouble: Trouble,
  ): Promise<string> {
    if (trouble === 'gone' && !(await troubles.askable(actor)).has('gone')) {
      throw new HoldallError('permission_denied', {}, { errors: [WHO_KNOWS_GONE] })
    }
    const ids = trouble === 'gone' ? await gone(database, table, column) : await troubles.ids(actor, trouble)
    if (ids === null) {
      throw new HoldallError('file_filter_too_many', {
        limit: formatNumber(MAX_TROUBLED),
        trouble: FILES_IN_TROUBLE[trouble],
      })
    }
    return JSON.stringify(ids)
  }

  async function find(actor: Actor | null, database: ServedDatabase, table: string, parameters: URLSearchParams) {
    const asked = askedIn(parameters)
    if (asked.size === 0) return NONE
    const columns = await fileColumns.of(database.name, table)
    const found = new Map<string, string>()
    for (const [name, [column, trouble]] of asked) {
      if (columns.has(column)) found.set(name, await idsFor(actor, database, table, column, trouble))
    }
    return found
  }

  return Object.assign(find, {
    async askable(actor: Actor | null) {
      const known = await troubles.askable(actor)
      return new Set(TROUBLES.flatMap((trouble) => (known.has(trouble) ? [FILE_OPERATORS[trouble]] : [])))
    },
  })
}

/** By the filter's name, however often it stands there. */
function askedIn(parameters: URLSearchParams): Map<string, readonly [column: string, trouble: Trouble]> {
  const asked = new Map<string, readonly [string, Trouble]>()
  for (const key of parameters.keys()) {
    const at = key.lastIndexOf('__')
    const operator = at < 0 ? '' : key.slice(at + 2)
    if (!isFileOperator(operator)) continue
    const column = key.slice(0, at)
    const trouble = TROUBLES.find((one) => FILE_OPERATORS[one] === operator) as Trouble
    asked.set(filterName(column, operator), [column, trouble])
  }
  return asked
}

const WHO_KNOWS_GONE = `__${FILE_OPERATORS.gone}= is for who may browse every source: to others a file that is gone is like one that is not shown to them`
