import { type Html, html, safeUrl } from '../../web/html.ts'
import { button } from '../../web/parts/button.ts'
import { errorSummary, field } from '../../web/parts/field.ts'
import { selectInput, textInput } from '../../web/parts/inputs.ts'
import type { RouteContext } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import type { Table } from '../schema.ts'
import type { Refused } from './file-column-fields.ts'
import type { PagesRoom } from './room.ts'

/** The field that says a column's name, which no other form of the page has. */
const NAME = 'name'

const HOLDS = [
  { value: 'file', label: 'One file' },
  { value: 'files', label: 'Several files' },
]

/** Whether an actor may widen a table: as in JSON, whoever may make tables may. */
export async function mayAddColumn(
  c: RouteContext,
  { permissions }: Pick<PagesRoom, 'permissions'>,
  { name, immutable }: ServedDatabase,
  table: Table,
): Promise<boolean> {
  if (immutable || table.isView || table.isVirtual) return false
  return permissions.allowed(c.var.actor, 'create-table', { kind: 'database', parent: name })
}

/** Whether what was refused is a column that was to be added. */
export function isAboutNewColumn({ posted }: Refused): boolean {
  return posted.has(NAME)
}

/** @param path of the table */
export function addColumnForm(path: string, refused: Refused | undefined): Html {
  const sent = refused !== undefined && isAboutNewColumn(refused) ? refused : undefined
  const problem = sent?.error.fields[NAME]
  return html`<form class="panel below" method="post" action="${safeUrl(`${path}/-/file-columns/-/add`)}" aria-labelledby="add-column"><div class="panel-head"><h2 id="add-column" class="grow">Add a column</h2></div><div class="panel-body stack">${
    sent &&
    errorSummary(
      'Not added',
      problem === undefined
        ? sent.error.errors.map((message) => ({ message }))
        : [{ field: NAME, label: 'Name', message: problem }],
    )
  }<div class="fields">${field({
    name: NAME,
    label: 'Name',
    hint: 'It is empty in every row at first.',
    ...(problem !== undefined && { error: problem }),
    control: (tied) =>
      textInput({ ...tied, name: NAME, value: sent?.posted.get(NAME) ?? '', required: true, autocomplete: 'off' }),
  })}${field({
    name: 'holds',
    label: 'Holds',
    control: (tied) =>
      selectInput({ ...tied, name: 'holds', value: sent?.posted.get('holds') ?? 'file', options: HOLDS }),
  })}</div><div class="actions">${button({ label: 'Add column', type: 'submit' })}</div></div></form>`
}
