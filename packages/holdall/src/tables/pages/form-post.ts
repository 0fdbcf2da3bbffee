import { whenQuick } from '../../uploads/answer.ts'
import { incoming } from '../../uploads/claim.ts'
import { asFormError, type FormPart, readForm } from '../../uploads/form.ts'
import { bodyOf, readBytes } from '../../web/body.ts'
import { HoldallError } from '../../web/error.ts'
import type { RouteContext } from '../../web/route.ts'
import { readCell } from '../file-columns/cell.ts'
import { type Destinations, sourceFor } from './destinations.ts'
import type { FormColumn } from './form-columns.ts'
import { uploadField } from './form-values.ts'
import type { PagesRoom } from './room.ts'

/** The largest urlencoded form, in bytes. */
export const MAX_FORM_BYTES = 8 * 1024 * 1024

export interface SentForm {
  readonly values: Map<string, string>
  /** What was wrong with files, by field. */
  readonly problems: Map<string, string>
}

/**
 * What a page's form sent. Files that it carries are uploaded while they arrive, as every file is, and stand in the
 * values by their ids: a form that is refused for something else keeps them.
 *
 * @throws HoldallError `form_invalid`, `body_too_large`
 */
export async function readSentForm(
  c: RouteContext,
  room: PagesRoom,
  columns: readonly FormColumn[],
  sources: Destinations,
): Promise<SentForm> {
  const type = c.req.header('Content-Type') ?? ''
  if (!type.startsWith('multipart/form-data')) {
    return { values: readPairs(await readBytes(c, MAX_FORM_BYTES)), problems: new Map() }
  }
  const values = new Map<string, string>()
  const problems = new Map<string, string>()
  const uploaded = new Map<FormColumn, string[]>()
  for await (const part of readForm(type, bodyOf(c).chunks)) {
    if (part.kind === 'field') {
      values.set(part.name, part.value)
      continue
    }
    const column = columns.find(({ field, control }) => control === 'file' && uploadField(field) === part.name)
    // A field for files that was left empty is a part without a name.
    if (column !== undefined && part.filename !== '') {
      try {
        const ids = uploaded.get(column) ?? []
        ids.push(await upload(c, room, column, sources, part))
        uploaded.set(column, ids)
      } catch (error) {
        const refusal = asFormError(error)
        if (refusal.status >= 500 || refusal.code === 'form_invalid') throw refusal
        problems.set(column.field, `${part.filename}: ${refusal.message}`)
      }
    }
    part.skip()
  }
  for (const [{ field, file }, ids] of uploaded) {
    const before = file?.multiple ? readCell(values.get(field) ?? '').ids : []
    values.set(field, file?.multiple ? JSON.stringify([...before, ...ids]) : (ids.at(-1) as string))
  }
  return { values, problems }
}

async function upload(
  c: RouteContext,
  room: PagesRoom,
  { column, file }: FormColumn,
  sources: Destinations,
  part: FormPart & { kind: 'file' },
): Promise<string> {
  const source = file && sourceFor(file, sources)
  if (source === undefined) {
    throw new HoldallError('permission_denied', { action: 'files-upload', resource: file?.source ?? column.name })
  }
  const ending = await room.uploads.send(source, c.var.actor, incoming(part.filename, part.type, undefined), part.body)
  const session = await whenQuick(ending)
  // A file that takes long to look at is waited for: without scripts nobody could ask again.
  return (session ?? (await ending.ended)).fileId
}

/** A urlencoded form. @throws HoldallError `form_invalid` for what is not UTF-8 */
export function readPairs(body: Buffer): Map<string, string> {
  const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    return new Map(
      text.split('&').flatMap((pair) => {
        if (pair === '') return []
        const at = pair.indexOf('=')
        return at < 0 ? [[decode(pair), '']] : [[decode(pair.slice(0, at)), decode(pair.slice(at + 1))]]
      }),
    )
  } catch (cause) {
    throw new HoldallError('form_invalid', { reason: 'it is not UTF-8' }, { cause })
  }
}
