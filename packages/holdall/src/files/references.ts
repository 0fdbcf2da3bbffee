import type { Actor } from '../web/route.ts'

/** A cell that holds a file, as the file's page shows it. */
export interface FileUse {
  readonly database: string
  readonly table: string
  readonly column: string
  /** What people call the row. */
  readonly label: string
  readonly url: string
}

export interface FileUses {
  readonly references: readonly FileUse[]
  /** There may be more than these. */
  readonly truncated: boolean
}

export interface UsedFiles {
  /** Those of the ids that some row holds. */
  readonly used: ReadonlySet<string>
  /** Not every table could be searched in time: what is not among the used may be used all the same. */
  readonly truncated: boolean
}

/**
 * Which of these files the rows of any table hold, whoever may see them: what is used where one may not look must not
 * seem unused. The tables above hand it in.
 */
export type FindUsed = (ids: readonly string[]) => Promise<UsedFiles>

/** The datasets that a file is the data of. */
export interface FileDatasets {
  readonly datasets: readonly { readonly label: string; readonly collection: string; readonly url: string }[]
  /** How many there are that the actor may not see. */
  readonly others: number
  /** Where to make one of it; null when the actor may not, or it is no Parquet file. */
  readonly makeUrl: string | null
}

/** Finds the datasets that are made of a file; the datasets above hand it in. */
export type FindDatasets = (
  actor: Actor | null,
  file: { readonly id: string; readonly filename: string; readonly contentType: string },
) => Promise<FileDatasets>

/** Finds the rows that hold a file, as far as the actor may see them; the tables above hand it in. */
export type FindUses = (actor: Actor | null, fileId: string) => Promise<FileUses>
