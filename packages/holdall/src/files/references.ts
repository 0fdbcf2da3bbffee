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
  /** That is so because not every table could be searched. */
  readonly isUnsearched: boolean
}

/** A row that holds a file in two columns is one row. */
export function countRows(uses: readonly FileUse[]): number {
  return new Set(uses.map(({ url }) => url)).size
}

export interface UsedFiles {
  /** Those of the ids that some row holds. */
  readonly used: ReadonlySet<string>
  /** Not every table could be searched: what is not among the used may be used all the same. */
  readonly truncated: boolean
}

/**
 * Which of these files the rows of any table hold, whoever may see them: what is used where one may not look must not
 * seem unused. The tables above hand it in.
 */
export type FindUsed = (ids: readonly string[]) => Promise<UsedFiles>

/** The rows that hold some files. */
export interface ManyUses {
  /** By file: the cells that the actor may see. */
  readonly seen: ReadonlyMap<string, readonly FileUse[]>
  /** Files that rows hold which the actor may not see, or which have no address. */
  readonly hidden: ReadonlySet<string>
  /** There may be more than these. */
  readonly truncated: boolean
}

/** Finds what deleting these files would show in rows; the tables above hand it in. */
export type FindManyUses = (actor: Actor | null, fileIds: readonly string[]) => Promise<ManyUses>

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

/** How many datasets a source keeps the objects of, by its id, as far as the actor may see them. */
export type CountDatasets = (actor: Actor | null) => Promise<ReadonlyMap<number, number>>

/** Finds the rows that hold a file, as far as the actor may see them; the tables above hand it in. */
export type FindUses = (actor: Actor | null, fileId: string) => Promise<FileUses>
