import { HoldallError } from '../../web/error.ts'
import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, hiddenFields, linkButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import { notice } from '../../web/parts/notice.ts'
import type { RouteContext } from '../../web/route.ts'
import { crumbsTo } from '../collections/form-page.ts'
import type { Collection } from '../collections/rows.ts'
import { stemOf } from '../identity.ts'
import { collectionHref, type DatasetsRoom, datasetHref } from '../place.ts'
import type { Dataset } from '../records.ts'
import { RETENTION_DAYS } from '../trash/limits.ts'
import type { Differences } from './differences.ts'
import { type Without, without } from './taking-out.ts'

/** So many files, and columns, are named; of more, the number is said. */
const NAMED = 10

interface TakeOutOptions {
  readonly collection: Collection
  readonly dataset: Dataset
  /** The files, as the address names them. */
  readonly named: readonly string[]
}

/** GET `…/{dataset}/-/take-out`: what goes with the files, and whether they shall go. */
export async function takeOutPage(room: DatasetsRoom, c: RouteContext, options: TakeOutOptions): Promise<Html> {
  const { collection, dataset, named } = options
  const here = datasetHref(room.urls, collection, dataset.id)
  const name = stemOf(dataset.filename)
  const looked = await look(room, options)
  const count = looked instanceof HoldallError || looked === null ? 'files' : formatCount(looked.taken.length, 'file')
  return renderPage({
    ...(await room.frame(c)),
    title:
      looked instanceof HoldallError || looked === null ? `Take files out of ${name}` : `Take ${count} out of ${name}?`,
    section: 'datasets',
    crumbs: crumbsTo(
      room,
      { label: collection.label, href: collectionHref(room.urls, collection) },
      { label: name, href: here },
      { label: 'Take out' },
    ),
    body:
      looked === null
        ? refused('No file is ticked.', 'Tick the files to take out, one or several.', here)
        : looked instanceof HoldallError
          ? refused('Nothing can be taken out like this.', looked.message, here)
          : question(looked, { here, named, count, version: dataset.version }),
  })
}

async function look({ database }: DatasetsRoom, { dataset, named }: TakeOutOptions) {
  if (named.length === 0) return null
  try {
    return await without(database, dataset.id, named)
  } catch (error) {
    if (error instanceof HoldallError && error.status === 409) return error
    throw error
  }
}

function refused(title: string, body: string, here: string): Html {
  const back = linkButton({ label: 'Back to the files', href: `${here}?tab=files` })
  return notice({ tone: 'warning', title, body, actions: back })
}

interface QuestionOptions {
  readonly here: string
  readonly named: readonly string[]
  readonly count: string
  readonly version: number
}

function question(
  { taken, rest, state, differences }: Without,
  { here, named, count, version }: QuestionOptions,
): Html {
  const gone = state.rowCount - rest.rowCount
  const more = taken.length - NAMED
  return html`<form class="panel card-page stack" method="post" action="${safeUrl(`${here}/-/take-out`)}">${linkedRows(
    taken.slice(0, NAMED).map(({ filename, rowCount, sizeBytes }) => ({
      title: filename,
      note: `${formatCount(rowCount, 'row')} · ${formatBytes(sizeBytes)}`,
    })),
  )}${more > 0 && html`<p class="muted">and ${formatCount(more, 'more file')}</p>`}<p><strong>${formatNumber(gone)}</strong> of ${formatCount(
    state.rowCount,
    'row',
  )} ${gone === 1 ? 'goes' : 'go'}; ${formatNumber(rest.rowCount)} ${rest.rowCount === 1 ? 'stays' : 'stay'}.${columnWords(differences)}</p><p class="muted">That makes a new version. Version ${version} can be made current again for ${RETENTION_DAYS} days.</p><div class="actions">${hiddenFieldsOf(
    named,
  )}${linkButton({ label: 'Cancel', href: `${here}?tab=files`, more: { autofocus: true } })}${button({
    label: `Take out ${count}`,
    type: 'submit',
    kind: 'filled',
  })}</div></form>`
}

function hiddenFieldsOf(named: readonly string[]): Html {
  return html`${named.map((file) => hiddenFields({ file }))}`
}

/** " No other file has the column “share”; “visits” is INTEGER again." */
function columnWords({ missing, changed }: Differences): string {
  const going = missing.map(({ name }) => `“${name}”`)
  const less = changed.map(({ name, to }) => `“${name}” is ${to} again`)
  const words = [
    ...(going.length === 0
      ? []
      : [
          `${going.length === 1 ? 'the column' : 'the columns'} ${some(going)} ${going.length === 1 ? 'goes' : 'go'} as well, since no other file has ${going.length === 1 ? 'it' : 'them'}`,
        ]),
    ...(less.length === 0 ? [] : [some(less)]),
  ]
  if (words.length === 0) return ''
  const sentence = words.join('; ')
  return ` ${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`
}

function some(words: readonly string[]): string {
  const more = words.length - NAMED
  return words.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${formatNumber(more)} more` : '')
}
