import { MAX_TROUBLED, type Trouble, type Troubles } from '../../files/troubles.ts'
import { HoldallError } from '../../web/error.ts'
import { formatNumber } from '../../web/format.ts'
import type { Actor } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import { FILE_OPERATORS, type FileIds, type FileQuestion, filterName } from '../filters.ts'
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
    question: FileQuestion,
  ): Promise<string> {
    if (question === 'gone' && !(await troubles.askable(actor)).has('gone')) {
      throw new HoldallError('permission_denied', {}, { errors: [WHO_KNOWS_GONE] })
    }
    const idsIn = (one: Exclude<FileQuestion, 'any'>) =>
      one === 'gone' ? gone(database, table, column) : troubles.ids(actor, one)
    const ids = question === 'any' ? await idsOfAny(actor, idsIn) : await idsIn(question)
    if (ids === null) {
      throw new HoldallError('file_filter_too_many', {
        limit: formatNumber(MAX_TROUBLED),
        trouble: IN_QUESTION[question],
      })
    }
    return JSON.stringify(ids)
  }

  /** Whatever the actor may know of. They are as many as those of one trouble may be, so that the question costs no more. */
  async function idsOfAny(
    actor: Actor | null,
    idsIn: (one: Trouble) => Promise<readonly string[] | null>,
  ): Promise<readonly string[] | null> {
    const all = new Set<string>()
    for (const one of await troubles.askable(actor)) {
      const ids = await idsIn(one)
      if (ids === null || all.size + ids.length > MAX_TROUBLED) return null
      for (const id of ids) all.add(id)
    }
    return [...all]
  }

  async function find(actor: Actor | null, database: ServedDatabase, table: string, parameters: URLSearchParams) {
    const asked = askedIn(parameters)
    if (asked.size === 0) return NONE
    const columns = await fileColumns.of(database.name, table)
    const found = new Map<string, string>()
    for (const [name, [column, question]] of asked) {
      if (columns.has(column)) found.set(name, await idsFor(actor, database, table, column, question))
    }
    return found
  }

  return Object.assign(find, {
    async askable(actor: Actor | null) {
      const questions: FileQuestion[] = ['any', 'changed', ...(await troubles.askable(actor))]
      return new Set(questions.map((question) => FILE_OPERATORS[question]))
    },
  })
}

/** By the filter's name, however often it stands there. */
function askedIn(parameters: URLSearchParams): Map<string, readonly [column: string, question: FileQuestion]> {
  const asked = new Map<string, readonly [string, FileQuestion]>()
  for (const key of parameters.keys()) {
    const at = key.lastIndexOf('__')
    const operator = at < 0 ? '' : key.slice(at + 2)
    const question = QUESTIONS.find((one) => FILE_OPERATORS[one] === operator)
    if (question === undefined) continue
    const column = key.slice(0, at)
    asked.set(filterName(column, operator), [column, question])
  }
  return asked
}

const QUESTIONS = Object.keys(FILE_OPERATORS) as FileQuestion[]

const IN_QUESTION: Readonly<Record<FileQuestion, string>> = {
  ...FILES_IN_TROUBLE,
  any: 'are not right',
  changed: 'have changed',
}

const WHO_KNOWS_GONE = `__${FILE_OPERATORS.gone}= is for who may browse every source: to others a file that is gone is like one that is not shown to them`
