import { formatCount, formatTime } from '../web/format.ts'
import { type Html, html } from '../web/html.ts'
import type { PageContent } from '../web/page.ts'
import { button, copyButton, postButton } from '../web/parts/button.ts'
import { fold } from '../web/parts/facts.ts'
import { field } from '../web/parts/field.ts'
import { selectInput, textArea, textInput } from '../web/parts/inputs.ts'
import { emptyState, notice } from '../web/parts/notice.ts'
import type { Urls } from '../web/url.ts'
import { ACTION_LIST, ACTION_PLACES } from './action-list.ts'
import { textOf } from './fields.ts'
import type { Flash } from './flash.ts'
import { type Refusal, refusalSummary } from './forms.ts'
import { panelTable } from './panel-table.ts'
import { formatRestriction } from './restrictions.ts'
import type { SessionFacts } from './sessions.ts'
import type { TokenFacts } from './tokens.ts'
import { endButton, sessionWay, waysIn } from './ways-in.ts'

const LABELS = { name: 'Name', expires_days: 'Expires', restrict: 'Only for' }
const EXPIRIES = [
  { value: '30', label: 'in 30 days' },
  { value: '90', label: 'in 90 days' },
  { value: '365', label: 'in a year' },
  { value: '', label: 'never' },
]
const DEFAULT_EXPIRY = '90'

/** One's own tokens, and a form for another one. */
export function tokensPage(options: {
  readonly urls: Urls
  readonly tokens: readonly TokenFacts[]
  readonly sessions: readonly SessionFacts[]
  /** The id of the session of this very request; undefined where it came with a token. */
  readonly session: string | undefined
  /** Restrictions whose place is nowhere now, as they are written, and what to say of each. */
  readonly nowhere: ReadonlyMap<string, string>
  readonly flash: Flash
  readonly refusal?: Refusal
}): PageContent {
  const { urls, tokens, sessions, session, nowhere, flash, refusal } = options
  const existing =
    tokens.length > 0
      ? tokenTable(urls, tokens, nowhere)
      : refusal === undefined &&
        emptyState({ icon: 'key', title: 'No tokens yet', body: 'A token lets a script do what you may do, or less.' })
  const form = html`<section><div class="section-head"><h2>Make a token</h2></div><p class="hint">A script sends it as <code>Authorization: Bearer TOKEN</code>. What it can ask, and what is answered, is described for programs in <a href="${urls.path('/-/openapi.json')}">openapi.json</a>.</p>${makeForm(urls, refusal)}</section>`
  return {
    title: 'Tokens and sessions',
    section: 'account',
    lede: `${formatCount(tokens.length, 'token')} for scripts, ${formatCount(sessions.length, 'session')} in browsers`,
    said: flash.said,
    body: html`<div class="stack">${flash.secret && madeNotice(flash.secret)}${refusalSummary('No token was made', refusal, LABELS)}
${refusal === undefined ? [existing, form] : [form, existing]}
${sessionList(urls, sessions, session)}</div>`,
  }
}

/** Where one is signed in: this browser is left by "Sign out", the others are ended here. */
function sessionList(urls: Urls, sessions: readonly SessionFacts[], current: string | undefined): Html {
  const path = urls.path('/-/tokens')
  const others = sessions.filter(({ id }) => id !== current).length
  return waysIn({
    title: 'Signed in on these devices',
    none: 'No browser is signed in.',
    when: 'Last used',
    ways: sessions.map(sessionWay),
    end: (way) => {
      if (way.id === current) return 'this browser'
      return endButton(path, 'End', way, { op: 'end-session' })
    },
    ...(others > 1 && {
      more: html`<p class="form-foot">${postButton(path, { label: `End all ${others} others`, kind: 'danger' }, { op: 'end-other-sessions' })}</p>`,
    }),
  })
}

function madeNotice(token: string) {
  return notice({
    tone: 'success',
    role: 'status',
    title: 'This is your new token. It is shown only now.',
    body: html`<code>${token}</code>`,
    actions: copyButton(token, 'Copy the token', 'Copy'),
  })
}

function tokenTable(urls: Urls, tokens: readonly TokenFacts[], nowhere: ReadonlyMap<string, string>) {
  return panelTable({
    caption: 'Your tokens',
    columns: [
      { label: 'Name', kind: 'title' },
      { label: 'Only for' },
      { label: 'Made' },
      { label: 'Last used' },
      { label: 'Expires' },
      { label: 'Change' },
    ],
    rows: tokens.map((token) => ({
      cells: [
        token.name,
        onlyFor(token.restrictions?.map(formatRestriction), nowhere),
        formatTime(token.createdAt),
        token.usedAt === null ? 'never' : formatTime(token.usedAt),
        token.expiresAt === null ? 'never' : formatTime(token.expiresAt),
        postButton(
          urls.path('/-/tokens'),
          { label: 'Revoke', kind: 'danger', small: true, more: { 'aria-label': `Revoke ${token.name}` } },
          { op: 'revoke', id: token.id },
        ),
      ],
    })),
  })
}

function onlyFor(written: readonly string[] | undefined, nowhere: ReadonlyMap<string, string>): string | Html {
  if (written === undefined) return 'everything you may do'
  if (written.length === 0) return 'nothing'
  const said = [...new Set(written.flatMap((one) => nowhere.get(one) ?? []))]
  // One element: in a card, the parts of a cell stand beside each other.
  return html`<span>${written.join(', ')}${said.map((words) => html`<br><small class="muted">${words}</small>`)}</span>`
}

function actionList(): Html {
  return fold(
    'All actions',
    html`<dl class="facts">${ACTION_LIST.map(({ written, words }) => html`<dt><code>${written}</code></dt><dd>${words}</dd>`)}</dl><p class="hint">${ACTION_PLACES}</p>`,
  )
}

function makeForm(urls: Urls, refusal: Refusal | undefined) {
  const sent = refusal?.fields
  const errors = refusal?.error.fields ?? {}
  const value = (name: string, otherwise = '') => (sent === undefined ? otherwise : textOf(sent, name))
  return html`<form class="panel panel-body form-narrow" method="post" action="${urls.path('/-/tokens')}"><input type="hidden" name="op" value="create">${field(
    {
      name: 'name',
      label: LABELS.name,
      hint: 'What it is for, for example “nightly import”.',
      error: errors.name,
      control: ({ id, describedBy, invalid }) =>
        textInput({
          name: 'name',
          id,
          describedBy,
          invalid,
          value: value('name'),
          required: true,
          autocomplete: 'off',
        }),
    },
  )}${field({
    name: 'expires_days',
    label: LABELS.expires_days,
    error: errors.expires_days,
    control: ({ id, describedBy, invalid }) =>
      selectInput({
        name: 'expires_days',
        id,
        describedBy,
        invalid,
        value: value('expires_days', DEFAULT_EXPIRY),
        options: EXPIRIES,
      }),
  })}${field({
    name: 'restrict',
    label: LABELS.restrict,
    hint: html`One action a line, for example <code>files-upload:photos</code> or <code>insert-row:products/inventory</code>. Empty: everything you may do.`,
    error: errors.restrict,
    control: ({ id, describedBy, invalid }) =>
      textArea({ name: 'restrict', id, describedBy, invalid, value: value('restrict'), code: true }),
  })}${actionList()}<p>${button({ type: 'submit', kind: 'filled', label: 'Make token', icon: 'key' })}</p></form>`
}
