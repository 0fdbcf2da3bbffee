import { HoldallError } from '../web/error.ts'

export function cursorOf(value: string): string {
  return Buffer.from(value).toString('base64url')
}

/** The number of a part. @throws HoldallError `invalid_cursor` */
export function numberIn(cursor: string): number {
  return Number(valueIn(cursor, /^\d{1,9}$/))
}

/** The id of a session. @throws HoldallError `invalid_cursor` */
export function idIn(cursor: string): string {
  return valueIn(cursor, /^[0-9a-z]{26}$/)
}

function valueIn(cursor: string, shape: RegExp): string {
  const value = Buffer.from(cursor, 'base64url').toString()
  if (!shape.test(value) || cursorOf(value) !== cursor) throw new HoldallError('invalid_cursor')
  return value
}
