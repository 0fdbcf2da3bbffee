/** What speaks against using a source that somebody has just described, beyond what the schema of its storage says. */
export interface Objection {
  /** The key of the `config` that is wrong. */
  readonly key: string
  /** What is wrong and what to do. */
  readonly message: string
  /** What is missing can be made when that is wanted. */
  readonly canBeMade?: true
}

export interface AdoptingOptions {
  /** Absolute paths that the server keeps for itself. */
  readonly reserved: readonly string[]
  /** Whether what is missing may be made; nothing is made by asking. */
  readonly mayMake: boolean
}

/** For storages that are described on a page: what a person may name is looked at before it is saved. */
export interface Adopting<Config> {
  objections?(config: Config, options: AdoptingOptions): Promise<readonly Objection[]>
  /** Makes what is missing; asked only after there were no objections. */
  prepare?(config: Config): Promise<void>
  /** The key of the `config` that an error of `create` or of a call is about. */
  blame?(error: unknown, config: Config): string | undefined
  /** Where its files are, to be compared with the places of other sources. Nothing is made, and it need not be there. */
  place?(config: Config): Promise<string>
  /** How another source's place lies to one; `undefined` where they share nothing. */
  lies?(other: string, place: string): 'same' | 'inside' | 'around' | undefined
}
