import { actionWords } from '../access/action-words.ts'
import type { HoldallError } from '../web/error.ts'
import { type Html, html } from '../web/html.ts'
import { type PageFrame, renderPage } from '../web/page.ts'
import { linkButton } from '../web/parts/button.ts'
import { problem } from '../web/parts/notice.ts'

const TITLES: Readonly<Record<number, string>> = {
  400: 'That cannot be done',
  401: 'Sign in to see this',
  403: 'You may not do this',
  404: 'Nothing is here',
  405: 'This page does not take that',
  410: 'The file is gone',
  413: 'That is too large',
  500: 'The server failed',
  503: 'Not available right now',
}

const TITLES_BY_CODE: Readonly<Record<string, string>> = {
  file_not_found: 'File not found',
  source_not_found: 'Source not found',
  database_not_found: 'Database not found',
  table_not_found: 'Table not found',
  row_not_found: 'Row not found',
  bad_request: 'The request cannot be understood',
  invalid_json: 'The request cannot be understood',
  invalid_cursor: 'The request cannot be understood',
  form_invalid: 'The request cannot be understood',
  source_keeps_files: 'The bytes stay where they are',
  cross_site: 'This came from another site',
}

/**
 * A refusal as a page: what happened, what to do next; then, small, the code that programs and administrators look up.
 * @param from where a refused form was sent from (see `cameFrom`): the page leads back there
 */
export function errorPage(frame: PageFrame, error: HoldallError, requestId: string, from: string | null = null): Html {
  const title = TITLES_BY_CODE[error.code] ?? TITLES[error.status] ?? 'That did not work'
  return renderPage({
    ...frame,
    title,
    heading: null,
    body: problem({
      status: error.status,
      code: codeLine(error),
      title,
      body: html`${inWords(frame, error)}${error.status >= 500 && html` Request <code>${requestId}</code>.`}`,
      actions: nextStep(frame, error, from),
    }),
  })
}

/** What happened, then what to do: the message that programs get is too short where it repeats the heading. */
function inWords({ actor }: PageFrame, { code, message, values }: HoldallError): string | Html {
  switch (code) {
    case 'file_not_found':
    case 'source_not_found':
    case 'database_not_found':
    case 'table_not_found': {
      const name = values.id ?? values.source ?? values.name
      return name
        ? html`<code class="breakable">${String(name)}</code> does not exist, or you may not see it.`
        : NOT_SEEN
    }
    case 'row_not_found':
      return 'No row has this key. It may have been deleted, or its key has changed.'
    case 'not_found':
      return 'No page has this address. Check it, or begin at the start page.'
    case 'sign_in_required': {
      const words = deed(values)
      if (words !== undefined) return html`Sign in to ${words}. ${ASK_FOR_LINK}`
      return `Only people who are signed in get further. ${ASK_FOR_LINK}`
    }
    case 'permission_denied': {
      const words = deed(values)
      const who = actor && html` You are signed in as ${actor.id}.`
      if (words === undefined) return html`${sentence(message)}${who}`
      return html`You may not ${words}.${who} Ask somebody who manages this server.`
    }
    default:
      return sentence(message)
  }
}

const ASK_FOR_LINK = 'To get a sign-in link, ask who runs this server.'

/** What was refused, as people say it: "change rows of objects". */
function deed({ action, place, resource }: HoldallError['values']): string | undefined {
  const where = place ?? resource
  return where ? actionWords(String(action), String(where)) : undefined
}

/** The code, and what administrators look up: "permission_denied · update-row". */
function codeLine({ code, values }: HoldallError): string {
  return code === 'permission_denied' && values.action ? `${code} · ${String(values.action)}` : code
}

const NOT_SEEN = 'It does not exist, or you may not see it.'

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`
}

/**
 * The page that a form was sent from, as its path and query: nothing for requests that are no forms, for pages of other
 * sites, and for what is no address.
 */
export function cameFrom(request: { method: string; url: string; referer: string | undefined }): string | null {
  if (request.method !== 'POST' || request.referer === undefined || !URL.canParse(request.referer)) return null
  const from = new URL(request.referer)
  // The server may stand behind a proxy that speaks HTTPS for it.
  if (!/^https?:$/.test(from.protocol) || from.host !== new URL(request.url).host) return null
  // A path of two slashes is another host's.
  return from.pathname.startsWith('//') ? null : from.pathname + from.search
}

function nextStep({ urls, path, actor }: PageFrame, { code, status }: HoldallError, from: string | null): Html {
  const signIn = (label: string) =>
    linkButton({ label, href: urls.path('/-/sign-in', { return: path }), kind: 'filled', icon: 'signIn' })
  const back = from !== null && linkButton({ label: 'Back to where you were', href: from })
  const start = linkButton({
    label: 'Start page',
    href: urls.path('/'),
    kind: actor === null && status === 401 ? 'quiet' : 'outlined',
  })
  if (code === 'file_not_found' || code === 'source_not_found') {
    if (actor === null) return html`${signIn('Sign in')}${start}`
    return html`${linkButton({ label: 'All files', href: urls.path('/-/files'), kind: 'filled' })}${start}`
  }
  const [plain, query] = path.split('?') as [string, string | undefined]
  if (status === 400 && query !== undefined) {
    return html`${linkButton({ label: 'This page without conditions', href: plain })}${start}`
  }
  const [, parent] = /^(.+)\/[^/]+$/.exec(plain) ?? []
  if (parent !== undefined && (code === 'table_not_found' || code === 'row_not_found')) {
    const label = code === 'row_not_found' ? 'Rows of this table' : 'Tables of this database'
    return html`${linkButton({ label, href: parent })}${start}`
  }
  if (status !== 401 && status !== 403) return html`${back || start}`
  return html`${signIn(actor === null ? 'Sign in' : 'Sign in as someone else')}${back || start}`
}
