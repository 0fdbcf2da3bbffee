import { listWords } from '../../access/action-words.ts'
import type { Config } from '../../config/config.ts'
import { type Html, html } from '../../web/html.ts'
import { allowingLines } from '../../web/outgoing/guard.ts'
import { linkButton, postButton } from '../../web/parts/button.ts'
import { command } from '../../web/parts/facts.ts'
import { notice } from '../../web/parts/notice.ts'
import type { Source } from '../source.ts'
import type { PagesTrouble } from './pages-check.ts'

/** The query of a page of settings that asks whether pages may send files to the storage. */
export const LOOK = 'look=pages'

/** What was found when it was asked whether pages may send files there. */
export interface Looked {
  readonly pages: PagesTrouble | undefined
  /** Why what was sent of unfinished uploads stays there. */
  readonly leftovers?: string | undefined
}

/** Whether pages may have to send files to the storage itself. */
export function isSentTo({ active, origins, capabilities }: Source): boolean {
  return active && origins.length > 0 && capabilities.can_upload
}

/** What keeps pages from sending files to the storage itself, and what to do. @param check the command for everything else */
export function pagesNotice(trouble: PagesTrouble | undefined, check?: string): Html | undefined {
  if (trouble === undefined) return undefined
  const { origin, isKnown, says, fix } = trouble
  const more =
    check === undefined
      ? html`Once the source is made, its page of settings has the command that checks everything.`
      : html`Everything that uploads need is checked by:`
  return html`<div class="stack pages-found">${notice({
    tone: 'warning',
    title: isKnown ? `Pages at ${origin} may not send files to it yet.` : says,
    body: html`${isKnown && html`${says} `}${fix !== undefined && 'To mend it:'}`,
    role: 'status',
  })}${fix !== undefined && command(fix)}<p>${more}</p>${check !== undefined && command(check)}</div>`
}

/** @param check the command for everything else */
export function lookedNotice(looked: Looked | undefined, check: string): Html | undefined {
  if (looked === undefined) return undefined
  const pages =
    pagesNotice(looked.pages, check) ??
    notice({ tone: 'success', title: 'Pages may send files to it.', role: 'status' })
  return html`${pages}${looked.leftovers !== undefined && leftoversNotice(looked.leftovers, check)}`
}

/** Files can be sent all the same: it is about what they leave. */
function leftoversNotice(says: string, check: string): Html {
  return html`<div class="stack pages-found">${notice({
    tone: 'info',
    title: says,
    body: 'The rule to set is said by:',
  })}${command(check)}</div>`
}

/** How what a source needs is checked. @param check the command for all of it; @param here its page of settings */
export function checking(check: string, source: Source, here: string): Html | undefined {
  if (!isSentTo(source)) return undefined
  return html`<section><h2>Check</h2><p class="muted">The doctor tries everything that uploads need, with small files that it removes again.</p>${command(check)}<p class="form-foot to-start">${linkButton({ label: 'Check whether pages may send files', href: `${here}?${LOOK}` })}</p></section>`
}

/** Uploading without seeing may be meant; who did not mean it is one press away from both. @param here its page of settings */
export function unseenNotice(names: readonly string[], here: string): Html | undefined {
  if (names.length === 0) return undefined
  const who = listWords(names)
  return notice({
    tone: 'warning',
    title: `${who} can send files there but not see them, also not ${names.length === 1 ? 'this person’s' : 'their'} own.`,
    actions: postButton(here, { label: `Let ${who} see its files too`, small: true }, { op: 'let-see' }),
  })
}

interface Knowing {
  readonly config: Pick<Config, 'file' | 'settings'>
  readonly isRoot: boolean
}

/** What lets this server ask a host inside the network: where it is written, what, and that it is read at the start. */
export function allowing(host: unknown, { config, isRoot }: Knowing): Html | undefined {
  if (typeof host !== 'string') return undefined
  const { file, settings } = config
  const others = settings.allow_private_hosts
  const where =
    file === undefined
      ? html`a file, for example <code>holdall.yaml</code>, with which it is then started: <code>-c holdall.yaml</code>`
      : isRoot
        ? html`<code>${file}</code>`
        : 'its configuration file'
  const beside = !isRoot && others.length > 0 && ' Hosts that stand there already stay.'
  return html`<div class="stack">${notice({
    tone: 'info',
    title: `${host} is inside your network?`,
    body: html`Whoever runs this server lets it be asked by these lines in ${where}.${beside} Then the server is started again.`,
  })}${command(allowingLines(isRoot ? [...others, host] : [host]))}</div>`
}
