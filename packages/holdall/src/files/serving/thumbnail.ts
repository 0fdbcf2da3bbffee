import type { Sources } from '../../sources/sources.ts'
import type { FileRecord } from '../record.ts'
import { typeIcon } from '../thumbnails/icon.ts'
import { sideOf } from '../thumbnails/sizes.ts'
import type { Thumbnails, Variant } from '../thumbnails/thumbnails.ts'
import { isNotModified } from './conditions.ts'

const CACHE_SECONDS = 3_600
/** For an icon that stands in for a picture that may come. */
const SOON_SECONDS = 60

/** `GET` and `HEAD` of `/-/files/{id}/thumbnail`: a picture, or an icon that names the type, or says that it is missing. */
export async function serveThumbnail(
  request: Request,
  file: FileRecord,
  thumbnails: Thumbnails,
  sources: Pick<Sources, 'byId'>,
): Promise<Response> {
  const query = new URL(request.url).searchParams
  const variant: Variant = {
    width: sideOf(query.get('w') ?? undefined, 'w'),
    height: sideOf(query.get('h') ?? undefined, 'h'),
    format: /\bimage\/webp\b/.test(request.headers.get('accept') ?? '') ? 'webp' : 'raster',
  }
  const native = await nativeThumbnail(file, variant, sources)
  if (native !== undefined) return native
  const headers = new Headers({
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    // Other bytes may lie in an adopted file's place a moment later.
    'Cache-Control': file.adopted ? 'private, no-cache' : `private, max-age=${CACHE_SECONDS}`,
    Vary: 'Accept',
    ETag: thumbnails.tag(file, variant),
  })
  // The tag says which picture it is, so that whoever has it costs nobody a look at it.
  if (thumbnails.has(file) && isNotModified(request.headers, { etag: thumbnails.tag(file, variant) })) {
    return new Response(null, { status: 304, headers })
  }
  const found = await thumbnails.get(file, variant)
  if (found.kind === 'none') return icon(request, file, headers, found.transient)
  headers.set('Content-Type', found.contentType)
  headers.set('Content-Length', String(found.bytes.length))
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(found.bytes), { headers })
}

/** Where the storage makes thumbnails itself, they are its business. */
async function nativeThumbnail(
  file: FileRecord,
  { width, height }: Variant,
  sources: Pick<Sources, 'byId'>,
): Promise<Response | undefined> {
  const source = sources.byId(file.sourceId)
  if (!source?.capabilities.can_generate_thumbnails) return undefined
  const url = await (await source.storage()).thumbnailUrl?.(file.path, { width, height })
  if (url === undefined) return undefined
  return new Response(null, { status: 302, headers: { Location: url, 'Cache-Control': 'no-cache' } })
}

function icon(request: Request, file: FileRecord, headers: Headers, transient: boolean): Response {
  const svg = typeIcon(file.contentType, file.filename, file.missingSince !== null)
  const etag = `"i-${Buffer.from(/<title>(\w+)/.exec(svg)?.[1] ?? '').toString('hex')}"`
  headers.set('ETag', etag)
  if (!file.adopted) headers.set('Cache-Control', `private, max-age=${transient ? SOON_SECONDS : CACHE_SECONDS}`)
  if (isNotModified(request.headers, { etag })) return new Response(null, { status: 304, headers })
  headers.set('Content-Type', 'image/svg+xml')
  headers.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
  headers.set('Content-Length', String(Buffer.byteLength(svg)))
  return new Response(request.method === 'HEAD' ? null : svg, { headers })
}
