import { extname } from 'node:path'
import { sql } from 'kysely'
import { type Fields, readFields, textOf } from '../../access/fields.ts'
import { answerForm, type Refusal, refusalSummary, refuseField } from '../../access/forms.ts'
import type { InternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { field } from '../../web/parts/field.ts'
import { textInput } from '../../web/parts/inputs.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { DATASETS_API } from '../api.ts'
import { goTo } from '../back.ts'
import { crumbsTo } from '../collections/form-page.ts'
import type { Collection } from '../collections/rows.ts'
import { stemOf } from '../identity.ts'
import { collectionHref, DATASET_PATH, type DatasetsRoom, datasetAt, datasetHref, mayCollection } from '../place.ts'
import type { Dataset } from '../records.ts'

const MAX_NAME_LENGTH = 200

/** What a dataset is called. Its table and its files keep their names: queries and engines know them by these. */
export function renameRoutes(room: DatasetsRoom): Route[] {
  const { database, urls } = room
  const need = mayCollection('edit-collection')

  /** @throws HoldallError `dataset_in_trash` */
  async function liveAt(c: RouteContext) {
    const found = await datasetAt(room, c)
    if (found.dataset.deletionRequestedAt !== null) throw new HoldallError('dataset_in_trash')
    return found
  }

  return [
    {
      method: 'GET',
      path: `${DATASET_PATH}/-/rename`,
      need,
      api: DATASETS_API.renamePage,
      async handler(c) {
        const { collection, dataset } = await liveAt(c)
        return c.html(await renamePage(room, c, { collection, dataset }))
      },
    },
    {
      method: 'POST',
      path: `${DATASET_PATH}/-/rename`,
      need,
      api: DATASETS_API.rename,
      async handler(c) {
        const fields = await readFields(c)
        const { collection, dataset } = await liveAt(c)
        async function rename(): Promise<Response> {
          const name = readName(fields)
          const filename = `${name}${extname(dataset.filename) || '.parquet'}`
          await renameDataset(database, dataset.id, filename)
          if (c.var.format === 'json') return c.json({ ok: true, id: dataset.id, filename })
          return goTo(
            room,
            c,
            datasetHref(urls, collection, dataset.id),
            `${stemOf(dataset.filename)} is called ${name} now`,
          )
        }
        const again = async (refusal: Refusal) => c.html(await renamePage(room, c, { collection, dataset, refusal }))
        return await answerForm(c, fields, rename, again)
      },
    },
  ]
}

/** @throws HoldallError `bad_request` beside the field */
function readName({ name }: Fields): string {
  const text = typeof name === 'string' ? name.trim() : ''
  if (text === '') refuseField('name', 'Give it a name.')
  if (text.length > MAX_NAME_LENGTH) refuseField('name', `Use at most ${MAX_NAME_LENGTH} characters.`)
  if (!text.isWellFormed() || /[\p{Cc}/\\]/u.test(text))
    refuseField('name', 'Leave out slashes and control characters.')
  return text
}

async function renameDataset(database: InternalDatabase, id: string, filename: string): Promise<void> {
  const now = sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`
  await database.write((trx) =>
    trx.updateTable('datasets').set({ filename, updated_at: now }).where('id', '=', id).execute(),
  )
}

interface RenameOptions {
  readonly collection: Collection
  readonly dataset: Dataset
  readonly refusal?: Refusal
}

async function renamePage(
  room: DatasetsRoom,
  c: RouteContext,
  { collection, dataset, refusal }: RenameOptions,
): Promise<Html> {
  const here = datasetHref(room.urls, collection, dataset.id)
  const name = stemOf(dataset.filename)
  const error = refusal?.error.fields.name
  return renderPage({
    ...(await room.frame(c)),
    title: `Rename ${name}`,
    section: 'datasets',
    crumbs: crumbsTo(
      room,
      { label: collection.label, href: collectionHref(room.urls, collection) },
      { label: name, href: here },
      { label: 'Rename' },
    ),
    body: html`<form class="panel card-page stack" method="post" action="${safeUrl(`${here}/-/rename`)}">${refusalSummary('Not renamed', refusal, { name: 'Name' })}${field(
      {
        name: 'name',
        label: 'Name',
        hint: html`What people read. Queries go on knowing it as <code>${dataset.tableName}</code>.`,
        ...(error !== undefined && { error }),
        control: (tied) =>
          textInput({
            ...tied,
            name: 'name',
            value: refusal === undefined ? name : textOf(refusal.fields as Fields, 'name'),
            autocomplete: 'off',
          }),
      },
    )}<div class="actions">${linkButton({ label: 'Cancel', href: here })}${button({ label: 'Rename dataset', type: 'submit', kind: 'filled' })}</div></form>`,
  })
}
