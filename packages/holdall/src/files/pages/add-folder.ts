import { type Html, html } from '../../web/html.ts'
import { fold, snippet } from '../../web/parts/facts.ts'
import type { RouteContext } from '../../web/route.ts'
import type { FilesRoom } from '../room.ts'

/** How a folder becomes a source, for who may manage sources: lines for the configuration, and who will see it. */
export function addFolder({ configurationFor }: FilesRoom, c: RouteContext): Html {
  const actorId = c.var.actor?.id ?? 'root'
  const path = configurationFor?.(c)
  // Where a server keeps its files is nobody's business but theirs who can look anyway.
  const file = path === undefined ? 'the configuration file of this server' : html`<code>${path}</code>`
  return fold(
    'Add a folder',
    html`<div class="prose stack"><p>Add this to the <code>sources</code> in ${file}, with the path of your folder, and start the server again. It lists what is in the folder when it starts; nothing in it is changed or moved by that.</p>${snippet(
      linesFor(actorId),
    )}<p>As written, only ${actorId} sees the files. Without <code>permissions</code>, everybody sees them who may browse files on this server.</p></div>`,
  )
}

function linesFor(actorId: string): string {
  const id = /^[a-z][\w-]*$/i.test(actorId) ? actorId : JSON.stringify(actorId)
  return `sources:
  old-scans:
    label: Old scans
    storage: filesystem
    config: { root: /path/to/the/folder }
    permissions:
      files-browse: { id: ${id} }
`
}
