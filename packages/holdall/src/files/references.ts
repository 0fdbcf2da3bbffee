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

/** Finds the rows that hold a file, as far as the actor may see them; the tables above hand it in. */
export type FindUses = (actor: Actor | null, fileId: string) => Promise<FileUses>
