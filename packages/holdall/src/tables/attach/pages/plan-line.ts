import type { FileBrief } from '../../../files/record.ts'
import { shownFile } from '../../../files/shown.ts'
import type { HoldallError } from '../../../web/error.ts'
import { formatNumber } from '../../../web/format.ts'
import { type Html, html, safeUrl } from '../../../web/html.ts'
import { fieldError, fieldId } from '../../../web/parts/field.ts'
import { fileCell } from '../../../web/parts/file.ts'
import { selectInput, textInput } from '../../../web/parts/inputs.ts'
import { type PlanForm, rowField, typedField } from '../forms.ts'
import type { PlannedLine } from '../plans.ts'
import type { AttachRoom, Subject } from '../room.ts'
import { rowName } from '../row-name.ts'
import type { Run } from '../run.ts'

/** A form that could not be done: what was wrong, and what it sent. */
export interface Refused {
  readonly error: HoldallError
  readonly form: PlanForm
}

export interface PlanView {
  readonly room: AttachRoom
  readonly subject: Subject
  readonly run: Run
  readonly files: ReadonlyMap<string, FileBrief>
  readonly labels: ReadonlyMap<string, string>
  readonly refused: Refused | undefined
}

/** The file of a line. */
export function fileCellOf({ room, files }: PlanView, { file }: PlannedLine): Html {
  const brief = files.get(file)
  return fileCell(brief === undefined ? { state: 'unavailable' } : { state: 'file', file: shownFile(brief, room.urls) })
}

/** The row of a file: a choice among those that fit, or a field to type one. */
export function rowCell(view: PlanView, line: PlannedLine): Html {
  const { labels, files, subject, refused, run } = view
  const filename = files.get(line.file)?.filename ?? 'this file'
  if (line.state === 'refused' || line.state === 'same') {
    const [row] = line.rows
    return row === undefined ? html`<span class="null">None</span>` : rowLink(subject, row.key, row.label)
  }
  if (line.rows.length === 0) {
    const name = typedField(line.position)
    const error = refused?.error.fields[name]
    const typed = refused?.form.posted.get(name) ?? undefined
    return html`${textInput({
      name,
      id: fieldId(name),
      value: typed ?? line.chosen ?? '',
      label: `Row for ${filename}`,
      placeholder: run.match?.column || 'Key of a row',
      invalid: error !== undefined,
    })}${line.chosen !== null && labels.has(line.chosen) && html`<p class="hint">${rowName(line.chosen, labels.get(line.chosen))}</p>`}${error !== undefined && fieldError(error)}`
  }
  const name = rowField(line.position)
  const value = refused?.form.posted.get(name) ?? line.chosen ?? ''
  const known = line.rows.some(({ key }) => key === value)
  return selectInput({
    name,
    value,
    label: `Row for ${filename}`,
    options: [
      { value: '', label: line.state === 'several' ? 'Leave out, or choose a row' : 'Leave out' },
      ...line.rows.map(({ key, label }) => ({
        value: key,
        label: rowName(key, label),
      })),
      ...(known || value === '' ? [] : [{ value, label: rowName(value, labels.get(value)) }]),
    ],
  })
}

function rowLink({ path }: Subject, key: string, label: string | null): Html {
  return html`<a href="${safeUrl(`${path}/${key}`)}">${rowName(key, label)}</a>`
}

/** Why it is so, in words. */
export function why({ state, note, rowCount, rows }: PlannedLine, { match }: Run): string {
  switch (state) {
    case 'matched':
      return `Its name fits ${match?.column ?? 'the row'}.`
    case 'several':
      return rowCount > rows.length
        ? `${formatNumber(rowCount)} rows fit; the first ${rows.length} are offered.`
        : `${formatNumber(rowCount)} rows fit. Choose one, or leave the file out.`
    case 'double':
      return 'Another file fits this row too, and it takes one.'
    case 'filled':
      return 'The row holds a file already. Choose the row to replace it.'
    case 'same':
      return 'It is there already.'
    case 'no_row':
      return 'No row fits its name. Type one, or leave the file out.'
    case 'refused':
      return note ?? 'The column does not take it.'
  }
}
