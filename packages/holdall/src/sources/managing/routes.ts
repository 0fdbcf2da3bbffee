import { type Fields, readFields, textOf } from '../../access/fields.ts'
import { answerForm, type Refusal, refuseField } from '../../access/forms.ts'
import type { Permissions } from '../../access/permissions.ts'
import { ROOT } from '../../access/ruleset.ts'
import { HoldallError } from '../../web/error.ts'
import { type FrameOf, type PageContent, renderPage, type Said } from '../../web/page.ts'
import { INSTANCE, type Need, type Route, type RouteContext } from '../../web/route.ts'
import type { Urls } from '../../web/url.ts'
import type { SourceRow } from '../rows.ts'
import { writtenOf } from '../runtime.ts'
import { type Source, takesFiles } from '../source.ts'
import type { Sources } from '../sources.ts'
import { MANAGING_API } from './api.ts'
import { wantedFromForm, wantedFromJson } from './form.ts'
import { createManaging, type ManagingOptions, type Tried } from './managing.ts'
import { createPage, declaredPage, editPage, listPage, type PageParts, type Sent, sourceHref } from './pages.ts'
import { lookForLeftovers, lookForPages, type PagesTrouble } from './pages-check.ts'
import { isSentTo, LOOK, type Looked } from './pages-words.ts'
import { suggesting } from './suggesting.ts'
import { letSee, uploadUnseen } from './unseen.ts'
import type { Wanted } from './wanted.ts'
import { SOURCES_PATH } from './words.ts'

/** Bytes of a form: a list of ten thousand addresses is one. */
const MAX_FORM_BYTES = 2_000_000

/** What is said once, on the page that a form leads to. */
interface Once {
  write(c: RouteContext, path: string, flash: { said?: string | Said }): void
  take(c: RouteContext, path: string): { said?: string | Said }
}

export interface ManagingRoutesOptions extends ManagingOptions {
  readonly sources: Sources
  readonly urls: Urls
  readonly frame: FrameOf
  readonly once: Once
  readonly permissions: Permissions
  /** Where pages of a request come from. */
  readonly origin: (c: RouteContext) => string
  /** The command that examines a source. */
  readonly doctor: (slug: string) => string
  /** Told of a source whose files should be listed now; where that is done is no matter of this room. */
  readonly list?: (source: Source, by: string | null) => Promise<void>
}

/** GET and POST `/-/files/sources` and `/-/files/sources/{slug}`: sources that are made while the server runs. */
export function managingRoutes(options: ManagingRoutesOptions): Route[] {
  const { making, sources, config, urls, frame, once, list, types, keptIn, database, origin, doctor, permissions } =
    options
  const managing = createManaging(options)

  async function parts(c: RouteContext): Promise<PageParts> {
    const names = (await keptIn(database).list()).map(({ name }) => name)
    return { urls, config, types: await types(), secretNames: names, doctor, isRoot: c.var.actor?.id === ROOT }
  }

  async function send(c: RouteContext, content: PageContent, status: 200 | 400 = 200): Promise<Response> {
    return c.html(renderPage({ ...(await frame(c)), ...content }), status)
  }

  function managedJson(source: Source, row: SourceRow | undefined) {
    const made = row?.origin === 'runtime' ? row : undefined
    const { availability } = source
    return {
      slug: source.slug,
      label: source.label,
      storage: source.storageType,
      origin: source.origin,
      file: source.origin === 'configuration' ? (config.file ?? null) : null,
      active: source.active,
      available: availability.available,
      unavailable_reason: availability.available ? null : availability.reason,
      config: made === undefined ? null : JSON.parse(made.config),
      settings: made === undefined ? null : JSON.parse(made.settings),
      allow: made === undefined ? null : JSON.parse(made.allow),
      made_by: made?.created_by ?? null,
      made_at: made?.created_at ?? null,
      changed_at: made?.updated_at ?? null,
      revision: made?.revision ?? null,
    }
  }

  async function lookAt(c: RouteContext, source: Source): Promise<PagesTrouble | undefined> {
    if (!isSentTo(source)) return undefined
    const storage = await source.storage().catch(() => undefined)
    return storage && (await lookForPages(storage, origin(c), making.fetch))
  }

  /** Only when somebody asks: not whenever the page is seen. */
  async function lookAtAll(c: RouteContext, source: Source): Promise<Looked> {
    const storage = await source.storage().catch(() => undefined)
    const [pages, leftovers] = await Promise.all([lookAt(c, source), storage && lookForLeftovers(storage)])
    return { pages, leftovers }
  }

  function triedJson({ trial, neighbours }: Tried) {
    return {
      files: trial?.files?.map(({ path }) => path) ?? null,
      has_more: trial?.hasMore ?? false,
      takes_uploads: trial?.takesUploads ?? null,
      ...(trial?.pages && { pages: pagesJson(trial.pages) }),
      ...(neighbours.length > 0 && { already_in: neighbours.map(({ slug }) => slug) }),
    }
  }

  async function all(c: RouteContext): Promise<Response> {
    await sources.asked()
    const entries = await Promise.all(
      sources.list().map(async (source) => ({ source, row: await managing.row(source.slug) })),
    )
    if (c.var.format === 'json') {
      return c.json({ ok: true, sources: entries.map(({ source, row }) => managedJson(source, row)) })
    }
    const wanted = c.req.query('storage')
    const page = await parts(c)
    const type = page.types.find((one) => one.type === wanted)
    if (type !== undefined) return send(c, createPage(page, type))
    const shown = entries.map(({ source, row }) => ({ source, madeBy: row?.created_by ?? null }))
    return send(c, listPage(page, shown, once.take(c, urls.path(SOURCES_PATH)).said))
  }

  async function create(c: RouteContext): Promise<Response> {
    const fields = await readFields(c, { limit: MAX_FORM_BYTES })
    return answerForm(
      c,
      fields,
      async () => {
        const op = opOf(fields, 'create', ['try'])
        const wanted = isForm(c) ? wantedFromForm(fields, await types()) : wantedFromJson(fields)
        if (op === 'try') return tried(c, fields, wanted)
        const row = await managing.create(wanted, c.var.actor?.id ?? null)
        const source = await takenUp(row, c)
        if (c.var.format === 'json') return c.json({ ok: true, source: managedJson(source, row) }, 201)
        const said = `${source.label} is there`
        if ((await lookAt(c, source)) !== undefined) return seeSettings(c, source.slug, said, LOOK)
        if ((await unseenOf(row)).length > 0) return seeSettings(c, source.slug, said)
        once.write(c, urls.source(source.slug), { said })
        return c.redirect(urls.source(source.slug), 303)
      },
      (refusal) => formAgain(c, { fields, refusal }),
    )
  }

  async function tried(c: RouteContext, fields: Fields, wanted: Wanted, row?: SourceRow): Promise<Response> {
    const found = await managing.tryOut(wanted, origin(c))
    if (c.var.format === 'json') return c.json({ ok: true, tried: triedJson(found) })
    return formAgain(c, row === undefined ? suggesting(fields, found, await types()) : { fields, tried: found }, row)
  }

  async function formAgain(c: RouteContext, sent: Sent, row?: SourceRow): Promise<Response> {
    const page = await parts(c)
    if (row !== undefined) {
      return send(c, editPage(page, { source: sources.get(row.slug), row, said: undefined }, sent))
    }
    const type = page.types.find((one) => one.type === textOf(sent.fields, 'storage'))
    // Without a storage there is no form to show it on.
    if (type === undefined)
      throw sent.refusal?.error ?? new HoldallError('bad_request', { reason: 'storage is missing' })
    return send(c, createPage(page, type, sent))
  }

  /** The source as this process has it now, and its files being listed where that was asked for. */
  async function takenUp({ slug }: SourceRow, c: RouteContext): Promise<Source> {
    await sources.follow()
    const source = sources.get(slug)
    if (source.active && source.sync.when !== 'manual' && source.capabilities.can_list) {
      await list?.(source, c.var.actor?.id ?? null)
    }
    return source
  }

  async function unseenOf(row: SourceRow): Promise<readonly string[]> {
    if (row.active !== 1 || !takesFiles(sources.get(row.slug))) return []
    return await uploadUnseen(row.slug, writtenOf(row), permissions)
  }

  async function one(c: RouteContext): Promise<Response> {
    const source = sources.get(c.req.param('slug') ?? '')
    await sources.asked(source.slug)
    const row = await managing.row(source.slug)
    if (c.var.format === 'json') return c.json({ ok: true, source: managedJson(source, row) })
    const page = await parts(c)
    if (row?.origin !== 'runtime') return send(c, declaredPage(page, source, row))
    const said = once.take(c, sourceHref(urls, source.slug)).said
    const looked = c.req.query('look') === 'pages' && isSentTo(source) ? await lookAtAll(c, source) : undefined
    return send(c, editPage(page, { source, row, said, looked, unseen: await unseenOf(row) }))
  }

  async function change(c: RouteContext): Promise<Response> {
    const slug = c.req.param('slug') ?? ''
    sources.get(slug)
    const fields = await readFields(c, { limit: MAX_FORM_BYTES })
    const row = await managing.row(slug)
    return answerForm(
      c,
      fields,
      async () => {
        const op = opOf(fields, 'save', ['try', 'let-see', 'deactivate', 'activate'])
        if (op === 'deactivate' || op === 'activate') {
          const changed = await managing.setActive(slug, op === 'activate')
          return changedAnswer(c, changed, op === 'activate' ? 'Source activated' : 'Source deactivated')
        }
        const before = { slug, written: row === undefined ? {} : writtenOf(row) }
        if (row?.origin !== 'runtime') throw await declaredError(slug)
        if (op === 'let-see') {
          const names = await unseenOf(row)
          const wanted = wantedFromJson({ allow: letSee(before.written, names) }, before)
          return changedAnswer(c, names.length === 0 ? row : await managing.edit(wanted), 'Changes saved')
        }
        const wanted = isForm(c) ? wantedFromForm(fields, await types(), before) : wantedFromJson(fields, before)
        if (op === 'try') return tried(c, fields, wanted, row)
        return changedAnswer(c, await managing.edit(wanted, revisionOf(fields)), 'Changes saved')
      },
      async (refusal: Refusal) =>
        row?.origin === 'runtime' ? formAgain(c, { fields, refusal }, row) : Promise.reject(refusal.error),
    )
  }

  async function declaredError(slug: string): Promise<HoldallError> {
    return new HoldallError('source_declared', { source: slug, file: config.file ?? 'the configuration' })
  }

  async function changedAnswer(c: RouteContext, row: SourceRow, said: string): Promise<Response> {
    const source = await takenUp(row, c)
    if (c.var.format === 'json') return c.json({ ok: true, source: managedJson(source, row) })
    const trouble = row.active === 1 ? await lookAt(c, source) : undefined
    return seeSettings(c, row.slug, said, trouble && LOOK)
  }

  function seeSettings(c: RouteContext, slug: string, said: string, query?: string): Response {
    const page = sourceHref(urls, slug)
    once.write(c, page, { said })
    return c.redirect(query === undefined ? page : `${page}?${query}`, 303)
  }

  const need: Need = { kind: 'permission', action: 'files-manage-sources', on: () => INSTANCE }
  const slugPath = `${SOURCES_PATH}/:slug`
  return [
    { method: 'GET', path: SOURCES_PATH, need, api: MANAGING_API.list, handler: all },
    { method: 'POST', path: SOURCES_PATH, json: true, need, api: MANAGING_API.create, handler: create },
    { method: 'GET', path: slugPath, json: true, need, api: MANAGING_API.one, handler: one },
    { method: 'POST', path: slugPath, json: true, need, api: MANAGING_API.change, handler: change },
  ]
}

function pagesJson({ origin, isKnown, says, fix }: PagesTrouble) {
  return { origin, may_send: isKnown ? false : null, says, fix: fix ?? null }
}

function isForm(c: RouteContext): boolean {
  return /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(c.req.header('Content-Type') ?? '')
}

/** @throws HoldallError `bad_request` */
function opOf<Op extends string>(fields: Fields, usual: Op, others: readonly Op[]): Op {
  const { op } = fields
  if (op === undefined || op === '' || op === null) return usual
  const known = [usual, ...others]
  return known.find((one) => one === op) ?? refuseField('op', `op must be one of ${known.join(', ')}.`)
}

/** @throws HoldallError `bad_request` */
function revisionOf({ revision }: Fields): number | undefined {
  if (revision === undefined || revision === null || revision === '') return undefined
  const number = Number(revision)
  return Number.isSafeInteger(number) ? number : refuseField('revision', 'revision must be the one that was read.')
}
