import { AnswerTooLarge } from './answer.ts'
import { QueryRefusal } from './gate/refusal.ts'
import type { Outcome } from './jobs.ts'
import { isOutOfMemory, isTooLarge, shown } from './messages.ts'
import { FileFailure } from './open-files.ts'
import { TimeIsUp } from './within-time.ts'

/** What each path is called when it stands in a message. */
export type Names = Map<string, string>

const FAILINGS = { syntax: 'failed', policy: 'refused', table: 'no-table' } as const

/** What a thrown value means for whoever asked. */
export function failureOf(error: unknown, names: Names): Pick<Outcome, 'failing' | 'message'> {
  if (error instanceof QueryRefusal) return { failing: FAILINGS[error.kind], message: shown(error.message, names) }
  if (error instanceof TimeIsUp) return { failing: 'timeout' }
  if (error instanceof AnswerTooLarge || isTooLongForText(error)) return { failing: 'answer-size' }
  if (error instanceof FileFailure) return { failing: error.failing }
  const message = error instanceof Error ? error.message : String(error)
  if (isOutOfMemory(message)) return { failing: 'memory' }
  if (isTooLarge(message)) return { failing: 'export-size' }
  return { failing: 'failed', message: shown(message, names) }
}

/** A single value beyond what JavaScript can hold. */
function isTooLongForText(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_STRING_TOO_LONG'
}
