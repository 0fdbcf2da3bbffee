import { MAX_BATCH } from '../../../files/registry.ts'
import { formatCount } from '../../../web/format.ts'
import { type Html, html } from '../../../web/html.ts'
import { button, hiddenFields } from '../../../web/parts/button.ts'
import { notice } from '../../../web/parts/notice.ts'
import type { Actor } from '../../../web/route.ts'
import { createUsed } from '../../file-columns/used.ts'
import { attachHref } from '../../pages/attach-href.ts'
import { UPLOADED_BEFORE_MS } from '../limits.ts'
import type { AttachRoom, Subject } from '../room.ts'
import type { Run } from '../run.ts'

/**
 * The files that were uploaded for a plan and that nothing else holds, as far as the actor may delete them; none where
 * they are too many for one request, or not every table could be searched.
 */
export async function leftFiles(room: AttachRoom, actor: Actor | null, run: Run): Promise<string[]> {
  const all = await room.plans.files(run.id)
  if (actor === null || all.length === 0 || all.length > MAX_BATCH) return []
  const earliest = new Date(Date.parse(run.createdAt) - UPLOADED_BEFORE_MS).toISOString()
  const uploaded = [...(await room.registry.visible(actor, all)).values()].filter(
    ({ uploadedBy, adopted, createdAt }) =>
      uploadedBy === actor.id && !adopted && createdAt >= earliest && createdAt <= run.createdAt,
  )
  if (uploaded.length === 0) return []
  const deletable = await room.permissions.among(
    actor,
    'files-delete',
    uploaded.map(({ id, sourceSlug }) => ({ kind: 'file', parent: sourceSlug, child: id })),
  )
  const ids = deletable.flatMap(({ child }) => child ?? [])
  if (ids.length === 0) return []
  const { used, truncated } = await createUsed(room.databases, room.fileColumns)(ids)
  return truncated ? [] : ids.filter((id) => !used.has(id))
}

/** What is said when a plan is forgotten whose files stay. */
export function leftNotice(room: AttachRoom, subject: Subject, { column, match }: Run, ids: readonly string[]): Html {
  const files = formatCount(ids.length, 'file')
  const back = attachHref(subject.path, { column, rows: match?.list })
  return notice({
    tone: 'info',
    role: 'status',
    title: 'Plan forgotten.',
    body: `${files} ${ids.length === 1 ? 'was' : 'were'} uploaded for it and ${ids.length === 1 ? 'is' : 'are'} used by no row.`,
    actions: html`<form method="post" action="${room.urls.path('/-/files/-/delete')}">${hiddenFields({ return: back })}${ids.map((id) => hiddenFields({ id }))}${button(
      { label: `Move the ${files} to the trash`, type: 'submit', small: true, icon: 'trash' },
    )}</form>`,
  })
}
