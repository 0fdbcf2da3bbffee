import type { Html } from '../web/html.ts'
import type { RouteContext } from '../web/route.ts'

/** What stands above a file that was opened from a list: the ways to those beside it, and where to go when it is deleted. */
export interface Beside {
  readonly ways: Html
  readonly back: string
}

/** Finds the way back to the rows that a file was opened from, and to those beside it; the tables above hand it in. */
export type BesideFile = (c: RouteContext, fileId: string) => Promise<Beside | undefined>
