import { type Html, html } from '../html.ts'
import { attributes } from './attributes.ts'
import { type IconName, icon } from './icon.ts'

export type Tone = 'danger' | 'warning' | 'success' | 'info'

const ICON: Record<Tone, IconName> = { danger: 'error', warning: 'warning', success: 'check', info: 'info' }

export interface NoticeOptions {
  readonly tone: Tone
  /** One sentence, with its full stop. */
  readonly title: string
  readonly body?: string | Html
  readonly actions?: Html
  /** `alert` for what the person must hear now, `status` for what just changed. */
  readonly role?: 'alert' | 'status'
}

/** The state of a page, there until it changes. */
export function notice({ tone, title, body, actions, role }: NoticeOptions): Html {
  return html`<div class="notice ${tone}"${attributes({ role })}>${icon(ICON[tone])}<div class="grow"><p><strong>${title}</strong></p>${
    body && html`<p>${body}</p>`
  }</div>${actions && html`<div class="actions">${actions}</div>`}</div>`
}

export interface EmptyOptions {
  readonly title: string
  /** What belongs here, or which filter to drop and how many rows that gives. */
  readonly body?: string | Html
  readonly icon?: IconName
  /** The one next step. */
  readonly actions?: Html
}

export function emptyState(options: EmptyOptions): Html {
  return html`<div class="empty">${icon(options.icon ?? 'search', 'huge')}<h2>${options.title}</h2>${
    options.body && html`<p>${options.body}</p>`
  }${options.actions && html`<div class="actions">${options.actions}</div>`}</div>`
}

export interface ProblemOptions {
  readonly status: number
  /** The stable code of the error. */
  readonly code: string
  readonly title: string
  readonly body?: string | Html
  readonly actions?: Html
}

/** The body of an error page; it brings the page's `h1`. */
export function problem(options: ProblemOptions): Html {
  return html`<div class="panel problem"><h1>${options.title}</h1>${
    options.body && html`<p>${options.body}</p>`
  }${options.actions && html`<div class="actions">${options.actions}</div>`}<p class="code">${options.status} · ${options.code}</p></div>`
}

/** Ways to begin, by what people have. */
export function ways(
  items: readonly {
    readonly icon: IconName
    readonly title: string
    readonly body: string | Html
    readonly action?: Html
  }[],
): Html {
  return html`<ul class="ways">${items.map(
    (way) =>
      html`<li>${icon(way.icon, 'large')}<h3>${way.title}</h3><p>${way.body}</p>${way.action && html`<div class="do">${way.action}</div>`}</li>`,
  )}</ul>`
}
