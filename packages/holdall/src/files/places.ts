import type { Actor } from '../web/route.ts'

/** A database or a table that is called by what is searched. */
export interface NamedPlace {
  readonly name: string
  /** What it is: "Table in museum" */
  readonly kind: string
  readonly url: string
}

/** Finds databases and tables by name, as far as the actor may see them; the tables above hand it in. */
export type FindPlaces = (actor: Actor | null, q: string) => Promise<readonly NamedPlace[]>
