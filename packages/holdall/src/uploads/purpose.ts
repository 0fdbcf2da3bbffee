import type { UploadPurpose } from '../database/schema.ts'
import type { UploadSession } from './session.ts'
import type { SessionChange } from './sessions.ts'

/**
 * What an upload is for: the steps that follow once what was sent is one object. The engine knows when each is run, by
 * whom and how often; a purpose knows what they do. Files have their own here; the rooms above hand in theirs.
 */
export interface Purpose extends Clearable {
  /** In their order, after `combine`. The last one makes what the upload is for. */
  readonly steps: readonly PurposeStep[]
  /**
   * Whether a client asks how it goes instead of waiting for it. Then the end of each step is said before the next
   * begins, parts that are not there are a failure that the client can put right, what failed in passing may be asked
   * for again, and it can be cancelled until the last step has ended.
   */
  readonly followed: boolean
}

/** What must be known of a purpose to clear up after uploads that came to nothing. */
export interface Clearable {
  readonly name: UploadPurpose
  /** Milliseconds after its end in which parts may still arrive that were begun before. */
  readonly lateArrivalsMs: number
  /** Whether what it makes is there: then the bytes are not ours to remove. */
  isMade(session: UploadSession): Promise<boolean>
  /** Where else its steps may have written, in its source; it goes when nothing is made. */
  writes?(session: UploadSession): readonly string[]
  /** Takes back what the steps may have made of a session that makes nothing. Idempotent, each thing on its own. */
  undo?(session: UploadSession): Promise<void>
}

export interface PurposeStep {
  readonly name: string
  /** What `completion_status` says while it runs, such as `inspecting`. */
  readonly running: string
  /** And once it has ended. */
  readonly ended: string
  /** Whether an upload goes through it; every one without this. It always says the same of the same upload. */
  needed?(session: UploadSession): boolean
  /**
   * Asked before it is begun, as often as somebody looks: when to look again, where it has to wait for something that
   * nobody does here. Until then nobody holds the session, and `resume` goes on with it at once.
   */
  ready?(session: UploadSession, signal: AbortSignal): Promise<Waiting | undefined>
  /**
   * May run twice with one effect. What throws is tried again for an hour, `CannotFinish` never.
   *
   * @returns what the row keeps of it
   */
  run(session: UploadSession, signal: AbortSignal): Promise<Pick<SessionChange, 'received' | 'made'>>
}

export interface Waiting extends Pick<SessionChange, 'made'> {
  readonly until: Date
}

/** What becomes of the bytes that a step could do nothing with. */
export type BytesThen =
  | 'kept'
  /** It can never be made of them. */
  | 'removed'
  /** For so many milliseconds: what kept them from being made may be changed. */
  | { readonly keptForMs: number }

/** It cannot be made of these bytes, however often it is tried. The message is for the user: no internals. */
export class CannotFinish extends Error {
  override readonly name = 'CannotFinish'
  readonly bytes: BytesThen
  /** What was found out nevertheless, and the row keeps. */
  readonly made: SessionChange['made']

  constructor(message: string, bytes: BytesThen = 'kept', options: ErrorOptions & Pick<SessionChange, 'made'> = {}) {
    super(message, options)
    this.bytes = bytes
    this.made = options.made
  }
}
