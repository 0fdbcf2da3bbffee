import { HoldallError } from '../web/error.ts'
import type { Html } from '../web/html.ts'
import { errorSummary } from '../web/parts/field.ts'
import type { RouteContext } from '../web/route.ts'
import type { Fields } from './fields.ts'

/** A refused form: what was sent, and why it was refused. */
export interface Refusal {
  readonly fields: Fields
  readonly error: HoldallError
}

/**
 * Runs what a POST asks for. A form from a page that is refused comes back as that page, with its values and the
 * refusal's status; programs get the error itself.
 */
export async function answerForm(
  c: RouteContext,
  fields: Fields,
  work: () => Promise<Response>,
  page: (refusal: Refusal) => Promise<Response>,
): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    if (c.var.format !== 'html' || !(error instanceof HoldallError) || error.status >= 500) throw error
    const response = await page({ fields, error })
    return new Response(response.body, { status: error.status, headers: response.headers })
  }
}

/** What a refused form says first. @param labels of its fields, by name */
export function refusalSummary(
  what: string,
  refusal: Refusal | undefined,
  labels: Readonly<Record<string, string>>,
): Html | undefined {
  if (refusal === undefined) return undefined
  const byField = Object.entries(refusal.error.fields)
  if (byField.length === 0)
    return errorSummary(
      what,
      refusal.error.errors.map((message) => ({ message })),
    )
  return errorSummary(
    what,
    byField.map(([field, message]) => ({ field, label: labels[field], message })),
  )
}

/**
 * The field is named for programs; on a page the reason stands beside it.
 *
 * @throws HoldallError `bad_request`
 */
export function refuseField(field: string, reason: string): never {
  throw new HoldallError('bad_request', { reason: `${field}: ${reason}` }, { fields: { [field]: reason } })
}
