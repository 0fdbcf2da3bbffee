import type { HoldallError } from '../web/error.ts'
import { type Html, html } from '../web/html.ts'
import { type PageFrame, renderPage } from '../web/page.ts'
import { linkButton } from '../web/parts/button.ts'
import { problem } from '../web/parts/notice.ts'

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request cannot be understood',
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
  cross_site: 'This came from another site',
}

/** A refusal as a page: the code small above it, what happened, what to do next. */
export function errorPage(frame: PageFrame, error: HoldallError, requestId: string): Html {
  const title = TITLES_BY_CODE[error.code] ?? TITLES[error.status] ?? 'That did not work'
  return renderPage({
    ...frame,
    title,
    heading: null,
    body: problem({
      status: error.status,
      code: error.code,
      title,
      body: html`${error.message}${frame.actor && error.status === 403 && html` You are signed in as ${frame.actor.id}.`}${
        error.status >= 500 && html` Request <code>${requestId}</code>.`
      }`,
      actions: nextStep(frame, error),
    }),
  })
}

function nextStep({ urls, path, actor }: PageFrame, { status }: HoldallError): Html {
  const start = linkButton({
    label: 'Start page',
    href: urls.path('/'),
    kind: actor === null && status === 401 ? 'quiet' : 'outlined',
  })
  if (status !== 401 && status !== 403) return start
  const label = actor === null ? 'Sign in' : 'Sign in as someone else'
  return html`${linkButton({ label, href: urls.path('/-/sign-in', { return: path }), kind: 'filled', icon: 'signIn' })}${start}`
}
