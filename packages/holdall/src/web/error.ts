import { ERRORS, type ErrorCode } from './errors.ts'

export interface HoldallErrorOptions {
  /** Several messages at once; they replace the code's own message. */
  errors?: readonly string[]
  /** Messages by form field, shown beside the field that caused them. */
  fields?: Readonly<Record<string, string>>
  /** Response headers that belong to the refusal, such as `Allow`. */
  headers?: Readonly<Record<string, string>>
  /** What went wrong underneath; it is logged and never sent. */
  cause?: unknown
}

/** What the JSON form of every refusal looks like. */
export interface ErrorBody {
  ok: false
  error: string
  errors: string[]
  status: number
  code: ErrorCode
  /** Messages by field, of `bad_request`: every other code says by itself what is to blame. */
  fields?: Readonly<Record<string, string>>
}

/** The same in every copy of this module: a plugin may have been installed with a Holdall of its own. */
const BRAND = Symbol.for('holdall.HoldallError')

/**
 * The one error of Holdall: a stable code, the HTTP status and a message that is safe to show and says what to do.
 * Codes, statuses and messages stand in one table, `errors.ts`.
 *
 * @example
 * throw new HoldallError('file_not_found', { id })
 */
export class HoldallError extends Error {
  readonly code: ErrorCode
  readonly status: number
  /** What filled the message, for pages that say it in their own words. */
  readonly values: Readonly<Record<string, unknown>>
  readonly errors: readonly string[]
  readonly fields: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, values: Readonly<Record<string, unknown>> = {}, options: HoldallErrorOptions = {}) {
    const { status, message } = ERRORS[code]
    const errors = options.errors?.length ? options.errors : [fill(message, values)]
    super(errors.join('; '), { cause: options.cause })
    this.name = 'HoldallError'
    this.code = code
    this.status = status
    this.values = values
    this.errors = errors
    this.fields = options.fields ?? {}
    this.headers = options.headers ?? {}
  }

  get [BRAND](): true {
    return true
  }

  toBody(): ErrorBody {
    const { message: error, errors, status, code, fields } = this
    const named = code === 'bad_request' && Object.keys(fields).length > 0
    return { ok: false, error, errors: [...errors], status, code, ...(named && { fields }) }
  }
}

Object.defineProperty(HoldallError, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    // A class that extends this one inherits the method, and not its meaning.
    if (this !== HoldallError) return Function.prototype[Symbol.hasInstance].call(this as typeof HoldallError, value)
    return typeof value === 'object' && value !== null && BRAND in value
  },
})

/** Any thrown value as a HoldallError; what nobody foresaw becomes `internal` with the original as its cause. */
export function asHoldallError(thrown: unknown): HoldallError {
  return thrown instanceof HoldallError ? thrown : new HoldallError('internal', {}, { cause: thrown })
}

function fill(message: string, values: Readonly<Record<string, unknown>>): string {
  return message.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : placeholder,
  )
}
