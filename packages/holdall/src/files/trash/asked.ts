import { readFields, textOf } from '../../access/fields.ts'
import { HoldallError } from '../../web/error.ts'
import type { RouteContext } from '../../web/route.ts'
import { FILE_ID } from '../record.ts'
import { MAX_IDS, MAX_IDS_BYTES } from './limits.ts'

/** What a request about many files says. */
export interface Asked {
  readonly ids: readonly string[]
  /** Instead of ids: all that one request deleted. */
  readonly batch: string
  /** The page to go back to. */
  readonly back: string
  readonly confirmed: boolean
}

/**
 * JSON `{ids}` or a form that repeats `id`; instead of either, `batch`.
 *
 * @throws HoldallError `bad_request`
 */
export async function readAsked(c: RouteContext): Promise<Asked> {
  const fields = await readFields(c, { limit: MAX_IDS_BYTES, lists: ['id'] })
  const given = fields.ids ?? fields.id ?? []
  const batch = textOf(fields, 'batch')
  if (!Array.isArray(given) || !given.every((id): id is string => typeof id === 'string')) {
    throw new HoldallError('bad_request', { reason: 'ids must be a list of file ids.' })
  }
  const ids = [...new Set(given)]
  if (ids.length === 0 && batch === '') {
    throw new HoldallError('bad_request', {
      reason: 'No file was chosen. Choose at least one (ids is a list of file ids).',
      back: textOf(fields, 'return'),
    })
  }
  if (ids.length > MAX_IDS) {
    throw new HoldallError('bad_request', { reason: `At most ${MAX_IDS} files at once, not ${ids.length}.` })
  }
  const strange = ids.find((id) => !FILE_ID.test(id))
  if (strange !== undefined) throw new HoldallError('file_not_found', { id: strange.slice(0, 100).toWellFormed() })
  return { ids, batch, back: textOf(fields, 'return'), confirmed: textOf(fields, 'confirm') === 'yes' }
}

/** Whether `readAsked` was given no file; `values.back` is then the page to go back to. */
export function isNothingChosen(error: unknown): error is HoldallError {
  return error instanceof HoldallError && error.code === 'bad_request' && typeof error.values.back === 'string'
}
