import type { Permissions } from '../access/permissions.ts'
import type { Route } from '../web/route.ts'
import { SOURCES_API } from './api.ts'
import { type Source, type Sources, sourceResource } from './sources.ts'

/** What `/-/files/sources.json` says of a source. */
export interface SourceJson {
  readonly slug: string
  readonly label: string
  readonly storage_type: string
  readonly active: boolean
  readonly available: boolean
  readonly unavailable_reason: string | null
  /** Whether this actor may browse it. */
  readonly can_browse: boolean
  /** Whether this actor may upload to it, and it takes uploads. */
  readonly can_upload: boolean
  /** Bytes. */
  readonly max_file_size: number
  readonly accept: readonly string[]
  readonly reject: readonly string[]
  /** What works there at all, whoever asks. */
  readonly capabilities: Readonly<Record<string, boolean | number>>
}

/** `GET /-/files/sources.json`: the sources that the actor may browse or upload to. */
export function sourceRoutes(sources: Sources, permissions: Permissions): Route[] {
  return [
    {
      method: 'GET',
      path: '/-/files/sources',
      json: 'only',
      api: SOURCES_API,
      need: { kind: 'filtered', because: 'only sources that the actor may browse or upload to are named' },
      async handler(c) {
        await sources.asked()
        const all = sources.list()
        const resources = all.map(({ slug }) => sourceResource(slug))
        const [browse, upload] = await Promise.all([
          permissions.among(c.var.actor, 'files-browse', resources),
          permissions.among(c.var.actor, 'files-upload', resources),
        ])
        const browsable = new Set(browse.map(({ parent }) => parent))
        const uploadable = new Set(upload.map(({ parent }) => parent))
        const shown = all.filter(({ slug }) => browsable.has(slug) || uploadable.has(slug))
        return c.json({
          ok: true,
          sources: shown.map((source) => describe(source, browsable.has(source.slug), uploadable.has(source.slug))),
        })
      },
    },
  ]
}

function describe(source: Source, browsable: boolean, uploadable: boolean): SourceJson {
  const { availability, capabilities, rules } = source
  return {
    slug: source.slug,
    label: source.label,
    storage_type: source.storageType,
    active: source.active,
    available: availability.available,
    unavailable_reason: availability.available ? null : availability.reason,
    can_browse: browsable,
    can_upload: uploadable && capabilities.can_upload,
    max_file_size: rules.maxFileSize,
    accept: rules.accept,
    reject: rules.reject,
    capabilities: { ...capabilities, max_file_size: rules.maxFileSize },
  }
}
