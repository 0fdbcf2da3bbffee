import { readLine } from './actors.ts'
import { DAY_MS } from './clock.ts'
import type { Fields } from './fields.ts'
import { refuseField } from './forms.ts'
import { parseRestriction, type Restriction } from './restrictions.ts'
import { MAX_TOKEN_NAME_LENGTH } from './tokens.ts'

export const MAX_EXPIRY_DAYS = 3650
export const MAX_RESTRICTIONS = 100

export interface TokenWish {
  readonly name: string
  readonly lifetimeMs?: number
  readonly restrictions?: readonly Restriction[]
}

/**
 * What a form or a JSON object asks of a new token: `name`, `expires_days` (empty: never) and `restrict` (one action a
 * line, or a list of them; empty: everything).
 *
 * @throws HoldallError `bad_request` with the field
 */
export function readTokenWish(fields: Fields): TokenWish {
  const name = readLine(fields.name, 'name', 'The name', MAX_TOKEN_NAME_LENGTH)
  const lifetimeMs = readLifetime(fields.expires_days)
  const restrictions = readRestrictions(fields.restrict)
  return { name, ...(lifetimeMs !== undefined && { lifetimeMs }), ...(restrictions !== undefined && { restrictions }) }
}

function readLifetime(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const days = typeof value === 'number' ? value : typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : 0
  if (!Number.isInteger(days) || days < 1 || days > MAX_EXPIRY_DAYS) {
    refuseField('expires_days', `Must be a whole number of days from 1 to ${MAX_EXPIRY_DAYS}.`)
  }
  return days * DAY_MS
}

/** @throws HoldallError `bad_request` with the field `restrict` */
export function readRestrictions(value: unknown): Restriction[] | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'string')
  if (!isList && typeof value !== 'string') refuseField('restrict', 'Must be a list of actions.')
  const entries = (isList ? (value as string[]) : value.split(/[\n,]/))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length > MAX_RESTRICTIONS) refuseField('restrict', `At most ${MAX_RESTRICTIONS} actions.`)
  // A list without entries restricts to nothing; an empty text is a field that nobody filled in.
  if (!isList && entries.length === 0) return undefined
  return entries.map((entry) => {
    const parsed = parseRestriction(entry)
    if ('problem' in parsed) refuseField('restrict', parsed.problem)
    return parsed.restriction
  })
}
