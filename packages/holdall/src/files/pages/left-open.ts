import type { Source } from '../../sources/sources.ts'
import { formatCount } from '../../web/format.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { linkButton } from '../../web/parts/button.ts'
import type { Actor } from '../../web/route.ts'
import type { FilesRoom } from '../room.ts'
import { uploadHref } from './index.ts'

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
