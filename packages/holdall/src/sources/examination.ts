/** What was looked at of a storage, and what to do about it: a line of `holdall doctor`. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string
  /** `skipped`: it could not be looked at, or did not have to be. */
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped'
  /** One sentence. */
  readonly says: string
  /** Exactly what to do: a sentence, or one command, or a sentence and on the lines below it what to copy. */
  readonly fix?: string
  /** Nothing else can be tried before this is mended. */
  readonly isFatal?: true
}

/** A storage's own part in an examination. What every storage must be able to do is tried by core. */
export interface StorageDoctor {
  /** What only this storage knows to look at. May throw: that is a finding too. What it makes for that, it removes. */
  examine(options: { readonly signal: AbortSignal }): AsyncIterable<Finding>
  /**
   * What the storage itself does with uploads in parts that nobody ends, asked by itself and briefly; `undefined` where it
   * does not say, or these credentials may not know. Changes nothing.
   */
  leftovers?(options: { readonly signal: AbortSignal }): Promise<Finding | undefined>
  /** Why something failed that core has tried, and how to mend it, in this storage's terms. */
  remedy(trouble: Trouble): Promise<Remedy | undefined>
}

export interface Remedy {
  /** In place of the error's own words. */
  readonly says?: string
  readonly fix?: string
}

/** What failed. */
export type Trouble =
  | { readonly step: Step; readonly error: unknown }
  /** What the storage has thrown while it was examining itself. */
  | { readonly step: 'examine'; readonly error: unknown }
  /** A file in parts was completed, and `find` does not know it. */
  | { readonly step: 'forgotten' }
  /** The storage does not let pages of `origin` send to it, with these headers. */
  | { readonly step: 'cors'; readonly origin: string; readonly headers: readonly string[] }
  /** Pages come by https, and browsers do not let them reach this storage, which has http. */
  | { readonly step: 'plain http'; readonly origin: string }

/** One call of a storage's, by what it is for. */
export type Step =
  | 'list'
  | 'write'
  | 'read'
  | 'delete'
  | 'direct upload'
  | 'download'
  | 'begin parts'
  | 'list uploads'
  | 'abort parts'
  | 'send part'
  | 'list parts'
  | 'complete parts'
  | 'find'
