import { type Html, html } from '../../web/html.ts'
import { notice } from '../../web/parts/notice.ts'
import type { RouteContext } from '../../web/route.ts'
import type { Collection } from '../collections/rows.ts'

/** Why whoever may only view it finds no rows here, and who can change that. */
export function noRowsNotice(c: RouteContext, { label, origin }: Collection): Html {
  const giver =
    origin === 'configuration'
      ? 'the configuration file of this server says who has it'
      : `whoever manages the collection ${label} gives it in its settings`
  return notice({
    tone: 'info',
    title: 'You may view this dataset, but not its rows.',
    body: html`You see its columns with their types, sizes and files, and how many values are there. Values, rows, queries with SQL and exports take the right to read its rows: ${giver}.${
      !c.var.actor && ' You are not signed in; somebody who is may have it.'
    }`,
  })
}
