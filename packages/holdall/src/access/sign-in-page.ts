import { type Html, html } from '../web/html.ts'
import type { PageContent } from '../web/page.ts'
import { button, hiddenFields, linkButton } from '../web/parts/button.ts'
import { command } from '../web/parts/facts.ts'
import { notice } from '../web/parts/notice.ts'
import type { Actor } from '../web/route.ts'
import type { Urls } from '../web/url.ts'

/** The page that a sign-in link opens: it says who would be signed in, and does so only when asked. */
export function confirmPage(options: {
  readonly urls: Urls
  readonly actorId: string
  readonly token: string
  readonly next: string
  readonly current: Actor | null
}): PageContent {
  const { urls, actorId, token, next, current } = options
  const other = current !== null && current.id !== actorId ? `You are signed in as ${current.id} now.` : undefined
  return {
    title: `Sign in as ${actorId}`,
    section: 'account',
    lede: 'This link works once. Whoever opens it can sign in, so keep it to yourself.',
    body: html`${other && notice({ tone: 'info', title: other })}<form class="form-narrow" method="post" action="${urls.path('/-/sign-in')}">${hiddenFields(
      { token, next },
    )}<p>${button({ type: 'submit', kind: 'filled', label: `Sign in as ${actorId}`, icon: 'signIn' })}</p></form>`,
  }
}

/** How to get a link: for who comes without one, or with one that is no good. */
export function helpPage(options: {
  readonly urls: Urls
  readonly current: Actor | null
  /** The command that makes a link here, for who sits at this computer. */
  readonly command: string | undefined
  /** What is wrong with the link that was opened. */
  readonly problem?: string
}): PageContent {
  const { urls, current, command: linkCommand, problem } = options
  return {
    title: 'Sign in',
    section: 'account',
    body: html`${problem && notice({ tone: 'danger', title: problem, role: 'alert' })}<div class="prose stack">${signInHelp(linkCommand)}${
      current !== null &&
      html`<p>You are signed in as <strong>${current.id}</strong>.</p>${linkButton({ label: 'Go to the start page', href: urls.path('/') })}`
    }</div>`,
  }
}

/** Where sign-in links come from. */
function signInHelp(linkCommand: string | undefined): Html {
  return html`<div><p>There are no passwords here. You sign in with a link that works once and lasts 24 hours. Ask whoever runs this server for a link.</p>${
    linkCommand !== undefined &&
    html`<p>You are at the computer that runs it. Open another terminal window in the folder from which you started Holdall, and type this with your name in place of NAME, for example root. It prints the link; open that here.</p>${command(linkCommand)}`
  }</div>`
}
