import { type Fields, readFields } from '../../access/fields.ts'
import { answerForm } from '../../access/forms.ts'
import type { AllowBlock } from '../../config/config.ts'
import { HoldallError } from '../../web/error.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { COLLECTIONS_API } from '../api.ts'
import { goTo } from '../back.ts'
import { stemOf } from '../identity.ts'
import { collectionJson, datasetJson, listedJson } from '../json.ts'
import { askedPage, decodeSeq, encodeSeq } from '../paging.ts'
import {
  COLLECTION_PATH,
  collectionAt,
  collectionHref,
  DATASETS_PATH,
  type DatasetsRoom,
  MANAGED_PATH,
  MAY_MANAGE,
  managedHref,
  mayCollection,
} from '../place.ts'
import { listDatasets, listWholeDatasets } from '../records.ts'
import { collectionPage } from './collection-page.ts'
import {
  ALLOW_FIELDS,
  type Allow,
  readAllow,
  readAllowFields,
  readId,
  readLabel,
  readName,
  readOrganization,
} from './fields.ts'
import { createPage, updatePage } from './form-page.ts'
import { listCollections } from './list.ts'
import { listPage } from './list-page.ts'
import { type CollectionChange, createCollectionStore } from './store.ts'
import { trashPage } from './trash-page.ts'

/** Names of files that are looked for together. */
const MAX_NAMES = 50

/** Collections: listing them, looking at one, making, changing and deleting them. */
export function collectionRoutes(room: DatasetsRoom): Route[] {
  const { database, urls } = room
  const store = createCollectionStore(database, room.config)

  async function create(c: RouteContext, fields: Fields): Promise<Response> {
    const actor = c.var.actor?.id ?? null
    const label = readLabel(fields.label)
    const collection = await store.create({
      organization: readOrganization(fields.organization),
      id: readId(fields.id, label),
      label,
      source: readName(fields.source, 'source'),
      catalog: readName(fields.catalog, 'catalog'),
      allow: allowOf(fields),
      by: actor,
    })
    if (c.var.format === 'json') return c.json({ ok: true, collection: collectionJson(collection) }, 201)
    return goTo(room, c, collectionHref(urls, collection), `${collection.label} made`)
  }

  async function update(c: RouteContext, fields: Fields): Promise<Response> {
    const present = await collectionAt(room, c)
    const collection = await store.update(present, changeOf(fields, present.allow))
    if (c.var.format === 'json') return c.json({ ok: true, collection: collectionJson(collection) })
    return goTo(room, c, collectionHref(urls, collection), `${collection.label} saved`)
  }

  return [
    {
      method: 'GET',
      path: DATASETS_PATH,
      json: true,
      need: { kind: 'filtered', because: 'only collections that the actor may look at are in the list' },
      api: COLLECTIONS_API.list,
      async handler(c) {
        const asked = askedPage(c)
        const page = await listCollections(room, { actor: c.var.actor, ...asked })
        if (c.var.format === 'html') return c.html(await listPage(room, c, page, asked))
        const { collections, total, next } = page
        return c.json({ ok: true, collections: collections.map(listedJson), total, next })
      },
    },
    {
      method: 'GET',
      path: COLLECTION_PATH,
      json: true,
      need: mayCollection('view-collection'),
      api: COLLECTIONS_API.show,
      async handler(c) {
        const collection = await collectionAt(room, c)
        const { cursor, limit } = askedPage(c)
        const wanted = { collection: collection.seq, after: decodeSeq(cursor), limit }
        if (c.var.format === 'html') {
          return c.html(await collectionPage(room, c, collection, await listDatasets(database, wanted)))
        }
        const page = await listWholeDatasets(database, { ...wanted, names: namesIn(c) })
        const datasets = page.datasets.map(datasetJson)
        return c.json({
          ok: true,
          collection: { ...collectionJson(collection), config: { datasets } },
          datasets,
          next: encodeSeq(page.next),
        })
      },
    },
    {
      method: 'GET',
      path: `${COLLECTION_PATH}/-/trash`,
      json: true,
      need: mayCollection('edit-collection'),
      api: COLLECTIONS_API.trash,
      async handler(c) {
        const collection = await collectionAt(room, c)
        const { cursor, limit } = askedPage(c)
        const wanted = { collection: collection.seq, after: decodeSeq(cursor), limit, trashed: true }
        if (c.var.format === 'html') {
          return c.html(await trashPage(room, c, collection, await listDatasets(database, wanted)))
        }
        const page = await listWholeDatasets(database, wanted)
        return c.json({ ok: true, datasets: page.datasets.map(datasetJson), next: encodeSeq(page.next) })
      },
    },
    {
      method: 'GET',
      path: '/-/collections/create',
      need: MAY_MANAGE,
      api: COLLECTIONS_API.createPage,
      handler: async (c) => c.html(await createPage(room, c)),
    },
    {
      method: 'POST',
      path: '/-/collections/create',
      need: MAY_MANAGE,
      api: COLLECTIONS_API.create,
      async handler(c) {
        const fields = await readFields(c)
        return await answerForm(
          c,
          fields,
          () => create(c, fields),
          async (refusal) => c.html(await createPage(room, c, refusal)),
        )
      },
    },
    {
      method: 'GET',
      path: `${MANAGED_PATH}/update`,
      need: MAY_MANAGE,
      api: COLLECTIONS_API.updatePage,
      handler: async (c) => c.html(await updatePage(room, c, await collectionAt(room, c))),
    },
    {
      method: 'POST',
      path: `${MANAGED_PATH}/update`,
      need: MAY_MANAGE,
      api: COLLECTIONS_API.update,
      async handler(c) {
        const fields = await readFields(c)
        return await answerForm(
          c,
          fields,
          () => update(c, fields),
          async (refusal) => c.html(await updatePage(room, c, await collectionAt(room, c), refusal)),
        )
      },
    },
    {
      method: 'POST',
      path: `${MANAGED_PATH}/delete`,
      need: MAY_MANAGE,
      api: COLLECTIONS_API.remove,
      async handler(c) {
        await readFields(c)
        const collection = await collectionAt(room, c)
        await store.remove(collection)
        const { organization, id, label } = collection
        if (c.var.format === 'json') return c.json({ ok: true, organization, id })
        const undo = { action: managedHref(urls, collection, 'restore'), fields: {} }
        return goTo(room, c, urls.path(DATASETS_PATH), { text: `${label} deleted`, undo })
      },
    },
    {
      method: 'POST',
      path: `${MANAGED_PATH}/restore`,
      need: MAY_MANAGE,
      api: COLLECTIONS_API.restore,
      async handler(c) {
        await readFields(c)
        const collection = await store.restore(c.req.param('organization') ?? '', c.req.param('collection') ?? '')
        if (c.var.format === 'json') return c.json({ ok: true, collection: collectionJson(collection) })
        return goTo(room, c, collectionHref(urls, collection), `${collection.label} restored`)
      },
    },
  ]
}

/** From JSON whole blocks, from a form its fields. */
function allowOf(fields: Fields, before?: Allow): Allow | undefined {
  if (fields.allow !== undefined) return readAllow(fields.allow)
  return Object.keys(ALLOW_FIELDS).some((name) => name in fields) ? readAllowFields(fields, before) : undefined
}

function changeOf(fields: Fields, before: Allow): CollectionChange {
  const allow: Readonly<Record<string, AllowBlock>> | undefined = allowOf(fields, before)
  return {
    ...('label' in fields && { label: readLabel(fields.label) }),
    ...('source' in fields && { source: readName(fields.source, 'source') }),
    ...('catalog' in fields && { catalog: readName(fields.catalog, 'catalog') }),
    ...(allow !== undefined && { allow }),
  }
}

/** The files whose namesakes are wanted, without their endings. @throws HoldallError `bad_request` */
function namesIn(c: RouteContext): string[] | undefined {
  const names = c.req.queries('name')
  if (names === undefined) return undefined
  if (names.length > MAX_NAMES)
    throw new HoldallError('bad_request', { reason: `name may be given ${MAX_NAMES} times.` })
  return names.map(stemOf)
}
