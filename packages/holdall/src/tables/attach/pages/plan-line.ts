import { folderLink } from '../../../files/pages/folder-link.ts'
import type { FileRecord } from '../../../files/record.ts'
import { shownFile } from '../../../files/shown.ts'
import type { HoldallError } from '../../../web/error.ts'
import { formatNumber } from '../../../web/format.ts'
import { type Html, html, safeUrl } from '../../../web/html.ts'
import { fieldError, fieldId } from '../../../web/parts/field.ts'
import { fileCell, folderLine } from '../../../web/parts/file.ts'
import { selectInput, textInput } from '../../../web/parts/inputs.ts'
import { OUT_FIELD, rowField, typedField } from '../forms.ts'
import type { HeldTrouble } from '../held.ts'
import type { JudgedLine } from '../outline.ts'
import { LEFT_OUT } from '../parts.ts'
import type { PlannedLine } from '../plans.ts'
import type { AttachRoom, Subject } from '../room.ts'
import { rowName } from '../row-name.ts'
import type { Run } from '../run.ts'

/** A form that could not be done. */
export interface Refused {
  readonly error: HoldallError
  /** What of the plan it showed. */
  readonly here: string
  /** What it sent; absent where the plan is not what it was drawn from any more. */
  readonly posted: URLSearchParams | undefined
}

export interface PlanView {
  readonly room: AttachRoom
  readonly subject: Subject
  readonly run: Run
  readonly files: ReadonlyMap<string, FileRecord>
  /** The other files whose names fit the same row, by the place of a line. */
  readonly rivals: ReadonlyMap<number, readonly JudgedLine[]>
  readonly labels: ReadonlyMap<string, string>
  /** What is not right with what the row of a line holds now, by the place of the line. */
  readonly troubles: ReadonlyMap<number, HeldTrouble>
  /** What was refused, by the name of the field that it is about. */
  readonly problems: Readonly<Record<string, string>>
  readonly refused: Refused | undefined
}

/** A line, and what becomes of its file as things stand. */
export type ShownLine = PlannedLine & Pick<JudgedLine, 'part' | 'replaces' | 'obstacle' | 'fits'>

/** The field that says where the file of a line goes. */
export function controlOf(line: PlannedLine): string {
  return line.rows.length === 0 ? typedField(line) : rowField(line)
}

/** The file of a line. */
export function fileCellOf({ room, files }: PlanView, { file }: PlannedLine): Html {
  const brief = files.get(file)
  if (brief === undefined) return fileCell({ state: 'unavailable' })
  return html`${fileCell({ state: 'file', file: shownFile(brief, room.urls) })}${folderLine(folderLink(brief, room.urls))}`
}

/** The row of a file: a choice among those that fit, or a field to type one. */
export function rowCell(view: PlanView, line: ShownLine): Html {
  const { labels, files, subject, refused, problems, run } = view
  const filename = files.get(line.file)?.filename ?? 'this file'
  if (line.chosen === null && ['refused', 'same', 'text'].includes(line.state)) {
    const [row] = line.rows
    return row === undefined ? html`<span class="null">None</span>` : rowLink(subject, row.key, row.label)
  }
  const name = controlOf(line)
  const error = problems[name]
  const wrong = error !== undefined && fieldError(error)
  const posted = refused?.posted?.get(name) ?? undefined
  if (line.rows.length === 0) {
    return html`${textInput({
      name,
      id: fieldId(name),
      value: posted ?? line.chosen ?? '',
      label: `Row for ${filename}`,
      placeholder: whatNames(subject, run),
      invalid: error !== undefined,
    })}<div data-live="row-${line.position}">${line.chosen && labels.has(line.chosen) && html`<p class="hint">${rowName(line.chosen, labels.get(line.chosen))}</p>`}${wrong}</div>`
  }
  const value = posted ?? (line.chosen === LEFT_OUT ? OUT_FIELD : (line.chosen ?? ''))
  const known = value === '' || value === OUT_FIELD || line.rows.some(({ key }) => key === value)
  return html`${selectInput({
    name,
    id: fieldId(name),
    value,
    label: `Row for ${filename}`,
    invalid: error !== undefined,
    options: [
      ...(value === '' ? [{ value: '', label: line.state === 'copy' ? 'Not added' : 'To be decided' }] : []),
      ...line.rows.map(({ key, label }) => ({ value: key, label: rowName(key, label) })),
      ...(known ? [] : [{ value, label: rowName(value, labels.get(value)) }]),
      { value: OUT_FIELD, label: 'Leave out' },
    ],
  })}${wrong}`
}

/** By what a row can be typed: `inventory or id`. */
function whatNames({ table }: Subject, { match }: Run): string {
  const key = table.primaryKeys.join(', ') || 'rowid'
  return match === null || match.column === '' || match.column === key ? key : `${match.column} or ${key}`
}

function rowLink({ path }: Subject, key: string, label: string | null): Html {
  return html`<a href="${safeUrl(`${path}/${key}`)}">${rowName(key, label)}</a>`
}

const HOLDS_TEXT = 'The row holds text that is no file, which is left as it is.'

/** Why it is so, in words. @param trouble what is not right with what its row holds */
export function why(line: ShownLine, run: Run, trouble?: HeldTrouble): string {
  const { state, note, part, replaces, obstacle } = line
  if (trouble === undefined || obstacle !== null || part === 'there' || part === 'left') return reasonFor(line, run)
  if (replaces && trouble.isAll) return `It takes the place of ${trouble.words}.`
  if (part === 'decide' && state === 'filled' && note === null && trouble.isAll) {
    return `The row holds ${trouble.words}. Choose the row to replace ${trouble.files === 1 ? 'it' : 'them'}.`
  }
  return `${reasonFor(line, run)} The row holds ${trouble.words}.`
}

function reasonFor(line: ShownLine, { match }: Run): string {
  const { state, note, rowCount, rows, chosen, fits, part, replaces, obstacle } = line
  if (obstacle === 'gone') return 'The row that was chosen is not there any more. Choose another one.'
  if (obstacle === 'shared') return 'Another file was chosen for this row as well, and a row takes one.'
  if (obstacle === 'given') return 'Another file was chosen for this row, and a row takes one.'
  if (obstacle === 'text') return `${HOLDS_TEXT} Choose another one, or leave the file out.`
  if (part === 'there') return 'It is there already.'
  if (part === 'left') return 'It was left out.'
  if (replaces) return 'It takes the place of what the row holds.'
  if (chosen !== null && (state !== 'matched' || chosen !== fits)) return 'You chose this row.'
  if (note !== null && state !== 'double') return note
  switch (state) {
    case 'matched':
      return `Its name fits ${match?.column ?? 'the row'}.`
    case 'several':
      return rowCount > rows.length
        ? `${formatNumber(rowCount)} rows fit; the first ${rows.length} are offered.`
        : `${formatNumber(rowCount)} rows fit. Choose one, or leave the file out.`
    case 'double':
      return 'Another file fits this row too, and a row takes one.'
    case 'filled':
      return 'The row holds a file already. Choose the row to replace it.'
    case 'text':
      return HOLDS_TEXT
    case 'missing':
      return 'Its storage is without the file. Choose the row to attach it all the same.'
    case 'same':
      return 'It is there already.'
    case 'copy':
      return 'The row has the same bytes already. Choose the row to add it all the same.'
    case 'no_row':
      return 'No row fits its name. Type one, or leave it without.'
    case 'refused':
      return 'The column does not take it.'
  }
}
