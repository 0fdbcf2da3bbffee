import type { Crumb } from '../../../web/page.ts'
import { attachHref } from '../../pages/attach-href.ts'
import { crumbs } from '../../pages/room.ts'
import { listHref } from '../list.ts'
import type { AttachRoom, Subject } from '../room.ts'
import type { Run } from '../run.ts'

/** The way back to the table, as the list from which somebody came, and over the page of attaching to that of a run. */
export function trail(room: AttachRoom, subject: Subject, list: string | undefined, run?: Run, label = ''): Crumb[] {
  const { database, table } = subject
  return [
    ...crumbs(room, database.name, table.name).slice(0, -1),
    { label: table.name, href: listHref(subject, list) },
    ...(run === undefined
      ? [{ label: 'Attach many files' }]
      : [
          { label: 'Attach many files', href: attachHref(subject.path, { column: run.column, rows: list }) },
          { label },
        ]),
  ]
}
