import { html, nothing, type TemplateResult } from 'lit'
import { ENDING, endingOf } from '../lib/ending.ts'
import type { IconName } from '../lib/icons.ts'
import { isPending } from '../lib/task.ts'
import { icon } from '../lib/templates.ts'
import { safeUrl } from '../lib/url.ts'
import { sheetChoice } from './sheets.ts'
import type { Card } from './view.ts'

/** What can be done with an upload. */
export interface CardActions {
  readonly pause: (card: Card) => void
  readonly resume: (card: Card) => void
  /** Sends again what failed on its way, or has the server go on. */
  readonly retry: (card: Card) => void
  /** Ends it, or takes away what has ended. */
  readonly leave: (card: Card) => void
  /** The same file again, of which the storage lacks parts. */
  readonly choose: (card: Card) => void
  /** Another sheet of the same Excel file. */
  readonly sheet: (card: Card, sheet: string) => void
  /** Any other file. */
  readonly another: () => void
}

/** What is to be done next, the likeliest first. */
export function footOf(card: Card, actions: CardActions): TemplateResult {
  const { task, session, asked, href } = card
  const another = () => actions.another()
  const leave = () => actions.leave(card)
  if (asked !== null)
    return html`<span class="aside">${asked === 'cancel' ? 'Asking the server to stop' : 'Asking the server to go on'}</span>`
  if (session?.status === 'completed') {
    return html`${
      href === null
        ? nothing
        : html`<a class="button filled" data-control="next" href=${safeUrl(href)}>Open dataset${icon('chevronRight')}</a>`
    }${button('another', null, 'Upload another', 'quiet', another)}${sheetChoice(card, actions.sheet)}`
  }
  if (session?.status === 'failed') return failedFoot(card, actions)
  if (session?.waits_for === 'confirmation') {
    return html`<a class="button" data-control="next" href=${safeUrl(card.reviewHref)}>See what differs</a>${button('leave', null, ENDING.discard.press, 'quiet', leave)}`
  }
  if (session !== null) {
    return html`<span class="aside">All bytes are here. You can close this page.</span>${button('leave', null, ENDING.cancel.press, 'quiet', leave)}`
  }
  if (task === null) return html``
  if (task.state === 'failed') {
    const again = task.refused
      ? button('next', 'upload', 'Choose another file', 'filled', another)
      : button('next', 'retry', 'Retry', 'filled', () => actions.retry(card))
    return html`${again}${button('leave', null, endingOf(task).press, 'quiet', leave)}`
  }
  const turn =
    task.state === 'paused'
      ? button('turn', 'play', 'Resume', '', () => actions.resume(card))
      : task.pausable
        ? button('turn', 'pause', 'Pause', '', () => actions.pause(card))
        : nothing
  return html`${turn}${isPending(task) ? button('leave', null, ENDING.cancel.press, 'quiet', leave) : nothing}`
}

function failedFoot(card: Card, { retry, leave, choose, another, sheet }: CardActions): TemplateResult {
  if (card.session?.retryable && (card.session.sheets?.length ?? 0) > 0) {
    return html`${sheetChoice(card, sheet)}${button('leave', null, ENDING.discard.press, 'quiet danger', () => leave(card))}`
  }
  const step = card.session?.failure_reason?.step
  const names: Readonly<Record<string, string>> = {
    combine: 'combining',
    convert: 'converting',
    infer: 'inferring',
    register: 'registering',
  }
  const isRefused = !card.session?.retryable
  if (isRefused) {
    return html`${button('next', 'upload', 'Choose another file', 'filled', another)}${button('leave', null, ENDING.clear.press, 'quiet', () => leave(card))}`
  }
  return html`${button('next', 'retry', `Retry from ${names[step ?? ''] ?? 'there'}`, 'filled', () => retry(card))}${
    step === 'combine' && card.session.is_own
      ? button('choose-same', 'upload', 'Choose the same file', '', () => choose(card))
      : nothing
  }${button('leave', null, ENDING.discard.press, 'quiet danger', () => leave(card))}`
}

function button(
  control: string,
  sign: IconName | null,
  words: string,
  kind: '' | 'filled' | 'quiet' | 'quiet danger',
  press: () => void,
): TemplateResult {
  return html`<button class="button ${kind}" type="button" data-control=${control} @click=${press}>${sign === null ? nothing : icon(sign)}${words}</button>`
}
