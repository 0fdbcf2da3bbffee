import type { UploadSession } from '../../uploads/session.ts'
import type { Made } from '../../uploads/session-store.ts'
import { COMBINE } from '../../uploads/steps.ts'
import { HoldallError } from '../../web/error.ts'
import { madeOf, toMade } from './made.ts'

export const NO_SHEETS = 'sheet is for Excel files, whose names end in .xlsx'

/** The same from the conversion on, of another sheet; undefined where none is named. @throws HoldallError `bad_request` */
export function otherSheet(
  session: UploadSession,
  sheet: string | null | undefined,
): { readonly from: string; readonly made: Made } | undefined {
  if (sheet == null) return undefined
  const { convert } = madeOf(session)
  if (convert?.from !== 'xlsx') throw badField('sheet', NO_SHEETS)
  if (session.failure?.step === COMBINE)
    throw badField('sheet', 'Send the rest of the file first: nothing was read of it')
  return { from: 'convert', made: toMade({ convert: { ...convert, sheet } }) }
}

export function badField(field: string, message: string): HoldallError {
  return new HoldallError('bad_request', {}, { errors: [message], fields: { [field]: message } })
}
