import { HoldallError } from '../../web/error.ts'

/** What is wrong with what a row is to hold. */
export interface RowProblem {
  /** The last part of the row's address. */
  readonly key: string
  readonly message: string
}

/** Beside the refusals that were made of them: what a page links to its lines is not read out of sentences. */
const OF_REFUSALS = new WeakMap<object, readonly RowProblem[]>()

/** @throws HoldallError `file_column_refused` with all of them, by the rows' addresses; nothing where there are none */
export function refuseRows(problems: readonly RowProblem[], column: string): void {
  const errors = problems.map(({ key, message }) => `${key}: ${message}`)
  const [first] = errors
  if (first === undefined) return
  const refusal = new HoldallError('file_column_refused', {}, { errors, fields: { [column]: first } })
  OF_REFUSALS.set(refusal, problems)
  throw refusal
}

/** The rows that a refusal is about; none where it is about something else. */
export function refusedRows(error: HoldallError): readonly RowProblem[] {
  return OF_REFUSALS.get(error) ?? []
}
