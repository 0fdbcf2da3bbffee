import type { Source } from '../../sources/sources.ts'
import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { linkButton } from '../../web/parts/button.ts'
import type { Actor } from '../../web/route.ts'
import type { FilesRoom } from '../room.ts'
import { uploadHref } from './upload-href.ts'

/** Of so few the names are said. */
const NAMED = 2

/** To whoever has begun uploads to a source and not finished them: that there are some, and where they go on. */
export async function leftOpenLine(room: FilesRoom, source: Source, actor: Actor | null): Promise<Html> {
  const { names, more } = (await room.findLeftOpen?.(source, actor)) ?? { names: [], more: false }
  if (names.length === 0) return NOTHING
  const count = `${more ? 'more than ' : ''}${formatCount(names.length, 'upload')}`
  const which = names.length <= NAMED && !more ? `: ${names.join(', ')}` : ''
  return html`<div class="sync-line"><p class="muted"><span class="breakable">You have not finished ${count}${which}.</span></p>${linkButton(
    { label: 'Continue or give up', href: uploadHref(room, source), icon: 'upload', small: true },
  )}</div>`
}

/** The same of all sources to which the actor may upload, with a way to each that has some. */
export async function leftOpenAmongLine(
  room: FilesRoom,
  sources: readonly Source[],
  actor: Actor | null,
): Promise<Html> {
  const { bySource, more } = (await room.findLeftOpenAmong?.(sources, actor)) ?? { bySource: NONE, more: false }
  if (bySource.size === 0) return NOTHING
  const total = [...bySource.values()].reduce((sum, names) => sum + names.length, 0)
  const places = sources.flatMap((source) => {
    const names = bySource.get(source.id)
    if (names === undefined) return []
    const link = html`<a href="${safeUrl(uploadHref(room, source))}">${source.label}</a>`
    return [more ? link : html`${formatNumber(names.length)} in ${link}`]
  })
  const words = places.map((place, at) => html`${at > 0 && ', '}${place}`)
  return html`<div class="sync-line"><p class="muted"><span class="breakable">You have not finished ${more && 'more than '}${formatCount(total, 'upload')}${more ? ', in' : ':'} ${words}.</span></p></div>`
}

const NONE: ReadonlyMap<number, readonly string[]> = new Map()
