import { FILE_ID } from '../../files/record.ts'
import type { Source } from '../../sources/sources.ts'
import { whenQuick } from '../../uploads/answer.ts'
import { incoming } from '../../uploads/claim.ts'
import { asFormError, type FormPart, readForm } from '../../uploads/form.ts'
import { bodyOf, readBytes } from '../../web/body.ts'
import { HoldallError } from '../../web/error.ts'
import type { Actor, RouteContext } from '../../web/route.ts'
import { tildeEncode } from '../../web/url.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { decodeKey, encodeRowKey } from '../keys.ts'
import { nameKey } from '../name-key.ts'
import type { Table } from '../schema.ts'
import { WAYS, type Way } from './decide-all.ts'
import { chosenOf, destinationsOf, sourceFiles } from './here.ts'
import { MAX_BODY_BYTES } from './limits.ts'
import { findRows } from './match.ts'
import { HOW, type Match } from './names.ts'
import { LEFT_OUT } from './parts.ts'
import type { Choices, PlannedLine } from './plans.ts'
import { REPLACING } from './replacing.ts'
import { demandFewEnough } from './request.ts'
import { type AttachRoom, columnIn, type Subject } from './room.ts'
import type { Replace, Run } from './run.ts'
import { UNREADABLE } from './unreadable.ts'

export interface FilesForm {
  readonly column: string
  readonly rule: FileColumn
  readonly files: readonly string[]
  /** What the form carried and was not uploaded, each with the reason. */
  readonly refused: readonly string[]
}

/**
 * The files to attach: those that a multipart form carries, which are uploaded while they arrive; those whose ids a form
 * lists; or all that a search in a source finds.
 *
 * @throws HoldallError `no_file_column`, `form_invalid`, `file_required`, `upload_partial`, `attach_too_many_files`
 */
export async function readFilesForm(c: RouteContext, room: AttachRoom, subject: Subject): Promise<FilesForm> {
  const type = c.req.header('Content-Type') ?? ''
  if (type.startsWith('multipart/form-data')) return readUploads(c, room, subject, type)
  const fields = new URLSearchParams((await readBytes(c, MAX_BODY_BYTES)).toString('utf8'))
  const { column, rule } = columnIn(subject, fields.get('column') ?? undefined)
  const listed = [...(fields.get('ids') ?? '').split(/[\s,]+/), ...fields.getAll('file')].filter((id) =>
    FILE_ID.test(id),
  )
  const files =
    fields.get('take') === 'all'
      ? await sourceFiles(room, c.var.actor, { source: fields.get('source') ?? '', q: fields.get('q') ?? '' })
      : [...new Set(listed)]
  demandFewEnough(files.length)
  if (files.length === 0) throw new HoldallError('file_required', {}, { errors: [CHOOSE], fields: { file: CHOOSE } })
  return { column, rule, files, refused: [] }
}

const CHOOSE = 'No file was chosen. Choose some, then press the button again.'

async function readUploads(c: RouteContext, room: AttachRoom, subject: Subject, type: string): Promise<FilesForm> {
  let named: string | undefined
  let to: string | undefined
  let source: Source | undefined
  const files: string[] = []
  const problems: string[] = []
  for await (const part of readForm(type, bodyOf(c).chunks)) {
    if (part.kind === 'field') {
      // They stand before the files, so that these need not wait for them.
      if (part.name === 'column') named = part.value
      if (part.name === 'to') to = part.value
      continue
    }
    // A field for files that was left empty is a part without a name.
    if (part.name === 'file' && part.filename !== '') {
      demandFewEnough(files.length + 1)
      try {
        source ??= chosenOf(await destinationsOf(room, c.var.actor, subject, columnIn(subject, named).column), to)
        files.push(await upload(room, c.var.actor, source, part))
      } catch (error) {
        const refusal = asFormError(error)
        if (refusal.status >= 500 || refusal.code === 'form_invalid') throw refusal
        problems.push(`${part.filename}: ${refusal.message}`)
      }
    }
    part.skip()
  }
  if (files.length === 0) {
    const errors = problems.length > 0 ? problems : [CHOOSE]
    throw new HoldallError('file_required', {}, { errors, fields: { file: errors[0] as string } })
  }
  return { ...columnIn(subject, named), files, refused: problems }
}

async function upload(
  room: AttachRoom,
  actor: Actor | null,
  source: Source | undefined,
  part: FormPart & { kind: 'file' },
): Promise<string> {
  if (source === undefined)
    throw new HoldallError('permission_denied', { action: 'files-upload', resource: 'any source' })
  const ending = await room.uploads.send(source, actor, incoming(part.filename, part.type, undefined), part.body)
  const session = await whenQuick(ending)
  // A file that takes long to look at is waited for: without scripts nobody could ask again.
  return (session ?? (await ending.ended)).fileId
}

/** What the button says that takes all rows in place of those of a list, or those of the list again. */
export const ALL_ROWS: ReadonlyMap<string, boolean> = new Map([
  ['rows all', true],
  ['rows list', false],
])

/** What the form of a plan's page sent. */
export interface PlanForm {
  /** `apply`, `save`, `match`, `forget`, or a page to turn to. */
  readonly go: string
  /** How all doubles are decided; undefined where that was not asked for. */
  readonly way: Way | undefined
  /** The query of the page that it leads to. */
  readonly next: string
  readonly choices: Choices
  /** How to match again; undefined where that was not asked for. */
  readonly match: Match | undefined
  /** What of that which rows hold is replaced, for all of them; undefined where that was not asked for. */
  readonly replace: Replace | undefined
  /** Whether all files that cannot be read are left out, or put back; undefined where that was not asked for. */
  readonly leaveOut: boolean | undefined
  /** Whether the rows outside the list count, too; undefined where that was not asked for. */
  readonly allRows: boolean | undefined
  /** What was typed in place of a row and names none, by field. */
  readonly problems: ReadonlyMap<string, string>
  readonly posted: URLSearchParams
}

/** A field is named by its file as well: what is said of one can be taken for another by nobody. */
type LinePlace = Pick<PlannedLine, 'position' | 'file'>

export function rowField({ position, file }: LinePlace): string {
  return `row.${position}.${file}`
}

/** Chosen in place of a row; no key has the sign. */
export const OUT_FIELD = '!out'

export function typedField({ position, file }: LinePlace): string {
  return `typed.${position}.${file}`
}

interface LineField extends LinePlace {
  readonly kind: 'row' | 'typed'
}

/** The line whose row a field says; undefined for other fields. */
export function lineOf(field: string): LineField | undefined {
  const [kind, position = '', file = '', more] = field.split('.')
  if ((kind !== 'row' && kind !== 'typed') || more !== undefined) return undefined
  return /^\d{1,5}$/.test(position) && FILE_ID.test(file) ? { kind, position: Number(position), file } : undefined
}

/** @throws HoldallError `body_too_large` */
export async function postedTo(c: RouteContext): Promise<URLSearchParams> {
  return new URLSearchParams((await readBytes(c, MAX_BODY_BYTES)).toString('utf8'))
}

/**
 * A form says from which revision of the plan it was drawn, and whoever saw another one decides nothing. One that says
 * nothing of any line need not.
 *
 * @throws HoldallError `attach_plan_changed`
 */
export function demandDrawnFrom({ revision }: Run, posted: URLSearchParams): void {
  const said = posted.get('revision')
  const isSame = said === null ? ![...posted.keys()].some((name) => LINE.test(name)) : said === String(revision)
  if (!isSame) throw new HoldallError('attach_plan_changed')
}

/** Those of older pages, too, whose fields said the place alone. */
const LINE = /^(row|typed)\./

/** @throws HoldallError what reading throws */
export async function readPlanForm(
  posted: URLSearchParams,
  room: AttachRoom,
  subject: Subject,
  run: Run,
): Promise<PlanForm> {
  const go = posted.get('go') ?? 'save'
  const choices = new Map<LinePlace, string | null>()
  const typed = new Map<LinePlace, string>()
  for (const [name, value] of posted) {
    const line = lineOf(name)
    if (line?.kind === 'row') choices.set(line, value === '' ? null : value === OUT_FIELD ? LEFT_OUT : value)
    if (line?.kind === 'typed' && value.trim() !== '') typed.set(line, value.trim())
    // A line that had a typed row before, and has none now, is without one again.
    if (line?.kind === 'typed' && value.trim() === '') choices.set(line, null)
  }
  const { found, problems } = await typedRows(room, subject, run, typed)
  for (const [line, key] of found) choices.set(line, key)
  const how = HOW.find((one) => one === posted.get('how')) ?? 'equal'
  return {
    go,
    next: (/^to\?(.*)$/s.exec(go)?.[1] ?? posted.get('here') ?? '').slice(0, 200),
    way: WAYS.find((way) => go === `all ${way}`),
    choices,
    problems,
    posted,
    replace: REPLACING.get(go),
    leaveOut: UNREADABLE.get(go),
    allRows: ALL_ROWS.get(go),
    match:
      go === 'match'
        ? {
            column: posted.get('match') ?? '',
            how,
            exact: posted.get('exact') === 'on',
            pattern: posted.get('pattern') ?? '',
          }
        : undefined,
  }
}

/** The rows that people named by typing: by the value that names are compared with, else by their keys. */
async function typedRows(room: AttachRoom, subject: Subject, run: Run, typed: ReadonlyMap<LinePlace, string>) {
  const found = new Map<LinePlace, string>()
  const problems = new Map<string, string>()
  if (typed.size === 0) return { found, problems }
  const { table, database } = subject
  const entries = [...typed]
  const candidates = entries.flatMap(([, text], at) => {
    const key = nameKey(text, false)
    return key === null ? [] : [[key, at, 1] as const]
  })
  const [key] = table.keys
  const columns = [
    ...(run.match !== null && table.columnsByName.has(run.match.column) ? [run.match.column] : []),
    ...(table.primaryKeys.length === 1 && key ? [key.name] : []),
  ]
  const byColumn = await Promise.all(
    columns.map(async (column) => {
      const question = { column, candidates, exact: false, cells: run.column, label: null }
      return (await findRows(database, table.name, question)).best()
    }),
  )
  const addresses = entries.map(([, text]) => addressOf(table, text))
  const held = await room.carryOut.held(
    run,
    addresses.flatMap((address) => address ?? []),
  )
  for (const [at, [line, text]] of entries.entries()) {
    const named = byColumn.flatMap((one) => one.get(at) ?? [])
    const rows = named.find(({ count }) => count === 1) ?? named[0]
    const only = rows?.count === 1 ? rows.rows[0]?.[0] : undefined
    const address = addresses[at]
    if (only !== undefined) found.set(line, only)
    else if (address !== undefined && held.has(address)) found.set(line, address)
    else if (rows === undefined) problems.set(typedField(line), `No row is ${text}.`)
    else problems.set(typedField(line), `${rows.count} rows are ${text}. Type the key of one of them.`)
  }
  return { found, problems }
}

/** The address of the row with this key, as a page shows it; undefined where it cannot be one. */
function addressOf({ keys }: Table, text: string): string | undefined {
  const parts = keys.length === 1 ? [text] : text.split(',').map((part) => part.trim())
  if (parts.length !== keys.length || parts.includes('')) return undefined
  const affinities = keys.map(({ affinity }) => affinity)
  const values = parts.map((part, at) => decodeKey(tildeEncode(part), affinities[at] ?? 'NONE')?.value ?? null)
  return encodeRowKey(values, affinities)
}
