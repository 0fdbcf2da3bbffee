import { acceptList, accepts } from './files.ts'
import { formatBytes, formatLimit } from './format.ts'

export interface UploadRules {
  /** Who takes the files: a column or a source. */
  readonly name?: string | null
  readonly accept?: string | null
  /** bytes */
  readonly maxSize?: number | null
  /** What a look into the file itself has said against it. */
  readonly against?: string | null
}

/** Why a file need not be sent at all, in words; null when only the server can tell. */
export function refusal(file: File, rules: UploadRules): string | null {
  if (rules.against) return rules.against
  if (!accepts(rules.accept, file.name, file.type)) {
    return `${rules.name || 'This place'} takes ${acceptList(rules.accept) ?? 'other types'}.`
  }
  if (rules.maxSize !== null && rules.maxSize !== undefined && file.size > rules.maxSize) {
    return `${formatBytes(file.size)} is too large: ${rules.name || 'this place'} takes up to ${formatLimit(rules.maxSize)}.`
  }
  return null
}
