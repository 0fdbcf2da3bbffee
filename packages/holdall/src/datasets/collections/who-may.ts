import type { AllowBlock } from '../../config/config.ts'
import { type Html, html } from '../../web/html.ts'
import { facts } from '../../web/parts/facts.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { DatasetsRoom } from '../place.ts'
import type { CollectionAction } from './fields.ts'
import type { Collection } from './rows.ts'

const WORDS: readonly (readonly [CollectionAction, string])[] = [
  ['view-collection', 'May view, without rows'],
  ['query-collection', 'May read rows, ask with SQL'],
  ['edit-collection', 'May add and delete datasets'],
]

/** Who may do what to a collection and where its objects lie, for those who may change something about it. */
export function whoMay(room: DatasetsRoom, collection: Collection): Html {
  const { organization, id, createdAt, createdBy, catalog, origin, allow } = collection
  const sources = room.sources.list()
  const source = sources.find(({ slug, active }) => (collection.source === null ? active : slug === collection.source))
  const file = room.config.file
  return html`<section aria-labelledby="about"><h2 id="about" class="section-head">About this collection</h2><div class="panel panel-body">${facts(
    [
      ...WORDS.map(([action, words]) => [words, who(allow[action], origin, file)] as const),
      ['Made', html`${shownTime(createdAt)}${createdBy !== null && html` by ${createdBy}, who may do everything`}`],
      ['Source', source?.label ?? collection.source],
      ['Catalog', catalog],
      ['Organization', html`<code class="wrap">${organization}</code>`],
      ['Id', html`<code class="wrap">${id}</code>`],
    ],
  )}</div></section>`
}

function who(block: AllowBlock | undefined, origin: Collection['origin'], file: string | undefined): Html | string {
  if (origin === 'configuration')
    return file === undefined ? 'as the configuration says' : html`as <code>${file}</code> says`
  if (block === undefined) return 'those who may in all collections'
  if (block === true) return 'everybody'
  const said = block === false ? [] : Object.entries(block).map(([key, value]) => valueWords(key, value))
  return said.length === 0 ? 'nobody else' : said.join(', or ')
}

function valueWords(key: string, value: unknown): string {
  if (key === 'unauthenticated') return 'whoever has not signed in'
  const values = Array.isArray(value) ? value.join(', ') : String(value)
  if (key === 'id') return value === '*' ? 'everybody who has signed in' : values
  return value === '*' ? `whoever has ${key}` : `${key} ${values}`
}
