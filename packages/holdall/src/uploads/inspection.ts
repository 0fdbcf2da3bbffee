import type { Storage } from '../sources/storage.ts'
import type { Actor } from '../web/route.ts'

/** How many first bytes of a file are kept for `sniff`. */
export const HEAD_BYTES = 8_192

/** What the first bytes say that a file is. */
export interface SniffedType {
  /** The type that is believed from now on, such as `image/jpeg`; never with parameters taken from the client. */
  readonly contentType: string
  /** Whether the declared type says something that the bytes contradict. */
  readonly contradicts: boolean
}

export interface SniffQuestion {
  /** The first `HEAD_BYTES` of the file, fewer when it is shorter. */
  readonly head: Uint8Array
  readonly filename: string
  /** What the client said, lower case and without parameters; `undefined` when it said nothing. */
  readonly declaredType: string | undefined
}

/** What is found out about a stored file once all of it is there. It is kept as JSON with the session until it is recorded. */
export interface Facts {
  readonly width?: number
  readonly height?: number
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Words that search should find the file by. */
  readonly searchText?: string
}

export interface InspectQuestion {
  readonly storage: Storage
  readonly path: string
  readonly size: number
  readonly contentType: string
  readonly filename: string
  /** Whether the source wants the position of a photo to stay in its facts. */
  readonly keepGps: boolean
  readonly signal: AbortSignal
}

/** A finished upload, ready to become a file of the registry. */
export interface FinishedUpload {
  /** The session's id: recording the same one twice makes one file. */
  readonly uploadId: string
  readonly fileId: string
  readonly sourceId: number
  readonly sourceSlug: string
  readonly path: string
  readonly filename: string
  /** As the bytes say. */
  readonly contentType: string
  /** As the client said, where the bytes contradict it. */
  readonly declaredType: string | null
  /** `null` for bytes that did not pass through here: they are read in the background. */
  readonly contentHash: string | null
  readonly size: number
  /** The actor's id; `null` for the anonymous. */
  readonly uploadedBy: string | null
  readonly facts: Facts
}

/**
 * What uploads needs from the room above it, the files: to know a file by its bytes, and to enter it in the registry.
 * Each may be called twice for one upload and must then have one effect.
 */
export interface FileIntake {
  /** Decides from the first bytes; called while the rest still arrives, so it must be quick. */
  sniff(question: SniffQuestion): SniffedType | Promise<SniffedType>
  /** Reads what it needs of the stored file. What throws is tried again; a file that cannot be understood has few facts. */
  inspect(question: InspectQuestion): Promise<Facts>
  /**
   * Enters the file in the registry, unless it was entered before, whatever became of it since.
   *
   * @param options.lasting `false` when a later write to the internal database makes it last before anybody hears of it
   */
  record(upload: FinishedUpload, options: { readonly lasting: boolean }): Promise<void>
  /** The file as JSON, as every answer that carries a file shows it, with the `duplicates` that the actor may see. */
  describe(fileId: string, actor: Actor | null): Promise<Readonly<Record<string, unknown>> | undefined>
}
