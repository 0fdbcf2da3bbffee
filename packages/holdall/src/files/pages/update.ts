import { textOf } from '../../access/fields.ts'
import { type Refusal, refusalSummary } from '../../access/forms.ts'
import { fingerprint, wasField } from '../../access/was.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { field } from '../../web/parts/field.ts'
import { textArea, textInput } from '../../web/parts/inputs.ts'
import type { RouteContext } from '../../web/route.ts'
import type { FileRecord } from '../record.ts'
import type { FilesRoom } from '../room.ts'
import { keepsBytes } from '../trash/kept.ts'

const LABELS = { filename: 'Name', search_text: 'Description' } as const

/** GET `/-/files/{id}/-/update`, and the page that a refused form comes back as, with what was sent. */
export async function updatePage(room: FilesRoom, c: RouteContext, file: FileRecord, refusal?: Refusal): Promise<Html> {
  const { urls, frame, sources } = room
  const errors = refusal?.error.fields ?? {}
  const sent = (name: 'filename' | 'search_text', now: string) =>
    refusal && name in refusal.fields ? textOf(refusal.fields, name) : now
  return renderPage({
    ...(await frame(c)),
    title: `Edit ${file.filename}`,
    section: 'files',
    crumbs: [
      { label: 'Files', href: urls.path('/-/files') },
      { label: sources.byId(file.sourceId)?.label ?? file.sourceSlug, href: urls.source(file.sourceSlug) },
      { label: file.filename, href: urls.file(file.id) },
      { label: 'Edit' },
    ],
    body: html`${refusalSummary('Not saved', refusal, LABELS)}<form class="panel panel-body form-narrow" method="post" action="${urls.path(`/-/files/${file.id}/-/update`)}">${field(
      {
        name: 'filename',
        label: LABELS.filename,
        hint: nameHint(room, file),
        error: errors.filename,
        control: (tied) =>
          textInput({ ...tied, name: 'filename', value: sent('filename', file.filename), required: true }),
      },
    )}${wasFields(file, ['filename', 'search_text'])}${field({
      name: 'search_text',
      label: LABELS.search_text,
      hint: 'What the file shows or holds, in words. It belongs to the file, wherever it is used.',
      error: errors.search_text,
      control: (tied) =>
        textArea({ ...tied, name: 'search_text', rows: 6, value: sent('search_text', file.searchText) }),
    })}<div class="actions">${button({ label: 'Save file', type: 'submit', kind: 'filled' })}${linkButton({ label: 'Cancel', href: urls.file(file.id), kind: 'quiet' })}</div></form>`,
  })
}

/** What the fields of a form hold as the page is made: what nobody touches is not written. */
export function wasFields(file: FileRecord, names: readonly (keyof typeof LABELS)[]): Html[] {
  const now = { filename: file.filename, search_text: file.searchText }
  return names.map((name) => html`<input type="hidden" name="${wasField(name)}" value="${fingerprint(now[name])}">`)
}

function nameHint({ sources }: FilesRoom, file: FileRecord): string {
  const known = 'As people see it here and as it is downloaded.'
  if (!keepsBytes(sources, file)) return `${known} Where the bytes are stored stays the same.`
  const own = file.path.slice(file.path.lastIndexOf('/') + 1)
  return `${known} In ${sources.byId(file.sourceId)?.label ?? file.sourceSlug} it stays ${own}.`
}
