import { HoldallError } from '../../web/error.ts'
import type { RouteContext } from '../../web/route.ts'
import type { NewRow } from '../write/protocol.ts'
import type { FormColumn } from './form-columns.ts'
import type { Posted } from './form-values.ts'

/** What a refused form shows again. */
export interface Refused {
  readonly posted: Posted
  readonly error: HoldallError
}

/** Does what a form asks; what is refused comes back as the form, with every value and the refusal's status. */
export async function answerForm(
  c: RouteContext,
  posted: Posted,
  columns: readonly FormColumn[],
  page: (refused: Refused) => Promise<Response>,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof HoldallError)) throw thrown
    const error = byField(thrown, columns)
    const keepable = error.status < 500 || ['database_busy', 'write_too_slow'].includes(error.code)
    if (c.var.format !== 'html' || !keepable || error.status === 404) throw error
    return page({ posted, error })
  }
}

/** @throws HoldallError `bad_request` with what is wrong by field */
export function soundRow(
  { row, problems }: { readonly row: NewRow; readonly problems: ReadonlyMap<string, string> },
  uploads: ReadonlyMap<string, string>,
): NewRow {
  const all = new Map([...problems, ...uploads])
  if (all.size === 0) return row
  throw new HoldallError(
    'bad_request',
    {},
    { errors: [...all].map(([field, message]) => `${field}: ${message}`), fields: Object.fromEntries(all) },
  )
}

const CONSTRAINT = /^(UNIQUE|NOT NULL) constraint failed: (.+)$/

/** A refusal with its messages beside the fields that caused them, as far as they name one. */
function byField(error: HoldallError, columns: readonly FormColumn[]): HoldallError {
  const fieldOf = (name: string) => columns.find(({ column }) => column.name === name)?.field
  if (error.code === 'file_column_refused') {
    const fields = Object.entries(error.fields).flatMap(([name, message]) => {
      const field = fieldOf(name)
      return field === undefined ? [] : [[field, message] as const]
    })
    return new HoldallError(error.code, {}, { errors: error.errors, fields: Object.fromEntries(fields) })
  }
  const [, kind, names] = CONSTRAINT.exec(error.errors[0] ?? '') ?? []
  if (error.code !== 'write_refused' || names === undefined) return error
  const message = kind === 'UNIQUE' ? 'Another row has this value already.' : 'Must not be empty.'
  const fields = names.split(', ').flatMap((name) => {
    const field = fieldOf(name.slice(name.indexOf('.') + 1))
    return field === undefined ? [] : [[field, message] as const]
  })
  return new HoldallError(error.code, {}, { errors: error.errors, fields: Object.fromEntries(fields) })
}
