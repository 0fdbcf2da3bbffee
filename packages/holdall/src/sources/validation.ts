import { HoldallError } from '../web/error.ts'
import { formatLimit } from '../web/format.ts'
import { bareType, matchesAny } from './accept.ts'

/** What a source takes. The one gate that every way in goes through: when prepared, while it streams, at the end. */
export interface SourceRules {
  /** Empty for everything. */
  readonly accept: readonly string[]
  readonly reject: readonly string[]
  /** Bytes: the lowest of the server's, the source's and the storage's limit. */
  readonly maxFileSize: number
  readonly onTypeMismatch: 'record' | 'refuse'
}

/** What a client says of a file before it sends it. */
export interface Claim {
  readonly filename: string
  readonly declaredType?: string | undefined
  readonly size?: number | undefined
}

/** What the bytes say. */
export interface Content {
  readonly filename: string
  readonly contentType: string
  readonly declaredType?: string | undefined
  /** Whether the bytes contradict the declared type. */
  readonly contradicts: boolean
}

/** Declares nothing: what a client sends when it does not know. */
const UNKNOWN_TYPE = 'application/octet-stream'

/**
 * Before the bytes: refuses what the source would refuse if the client said the truth. What it does not say is decided
 * by the bytes.
 *
 * @throws HoldallError `file_too_large`, `type_rejected`, `type_not_accepted`
 */
export function checkClaim(rules: SourceRules, { filename, declaredType, size }: Claim): void {
  if (size !== undefined) checkSize(rules, size)
  const declared = declaredType === undefined ? undefined : bareType(declaredType)
  const contentType = declared === UNKNOWN_TYPE ? undefined : declared
  const type = contentType ?? 'unknown'
  if (matchesAny(rules.reject, { filename, contentType })) throw new HoldallError('type_rejected', { type })
  if (rules.accept.length === 0 || matchesAny(rules.accept, { filename, contentType })) return
  const mayStillBeAccepted = contentType === undefined && rules.accept.some((entry) => !entry.startsWith('.'))
  if (!mayStillBeAccepted) throw notAccepted(rules, type)
}

/** While it streams and at the end. @throws HoldallError `file_too_large` */
export function checkSize(rules: SourceRules, size: number): void {
  if (size <= rules.maxFileSize) return
  throw new HoldallError('file_too_large', { limit: rules.maxFileSize, size: formatLimit(rules.maxFileSize) })
}

/**
 * As soon as the first bytes say what the file is.
 *
 * @throws HoldallError `type_rejected`, `type_not_accepted`, `type_mismatch`
 */
export function checkContent(rules: SourceRules, content: Content): void {
  const { contentType, declaredType } = content
  if (matchesAny(rules.reject, content)) throw new HoldallError('type_rejected', { type: contentType })
  if (rules.accept.length > 0 && !matchesAny(rules.accept, content)) throw notAccepted(rules, contentType)
  if (content.contradicts && rules.onTypeMismatch === 'refuse') {
    throw new HoldallError('type_mismatch', { declared: declaredType, sniffed: contentType })
  }
}

function notAccepted(rules: SourceRules, type: string): HoldallError {
  return new HoldallError('type_not_accepted', { type, accept: rules.accept.join(', ') })
}
