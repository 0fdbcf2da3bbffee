import { html, nothing, render, type TemplateResult } from 'lit'
import { icon } from './templates.ts'

const STAYS = 8000
/** With a way back: long enough to see what happened, to find the button and to press it with a finger or by Tab. */
const STAYS_WITH_UNDO = 30_000
const UNDO = ':is(.undo, [data-undo])'
/** An older one leaves when a third comes. */
const AT_MOST = 2

/** Words that `notify` shows now. */
let notice: HTMLElement | null = null

/** What is done once a way back is no longer offered. */
const whenGone = new Map<Element, () => void>()

/**
 * Says what was done, with a way back. Errors are never toasts: they stand beside their cause.
 *
 * @param gone called once, when it left without having been undone
 */
export function toast(text: string, undo?: () => void, gone?: () => void): void {
  endNotice()
  const place = placeForOne()
  const element = document.createElement('div')
  element.className = 'toast'
  if (gone) whenGone.set(element, gone)
  function dismiss(): void {
    clearTimeout(timer)
    leave(element)
  }
  function undone(): void {
    whenGone.delete(element)
    dismiss()
    undo?.()
  }
  const timer = leaveLater(element, dismiss, undo ? STAYS_WITH_UNDO : STAYS)
  place.append(element)
  render(
    html`${undo ? nothing : icon('check')}<span title=${text}>${text}</span>${
      undo
        ? html`<button class="button quiet undo" type="button" aria-keyshortcuts="Control+Z Meta+Z" @click=${undone}>Undo</button>`
        : nothing
    }${dismissButton(dismiss)}`,
    element,
  )
  keepEndInSight()
}

/** Room is made under a page for what lies over its end: whoever is at the end sees it still. */
function keepEndInSight(): void {
  const room = Number.parseFloat(getComputedStyle(document.body, '::after').height)
  const page = document.documentElement
  const below = page.scrollHeight - page.clientHeight - page.scrollTop
  if (below > 0 && below <= room + 1) page.scrollTop = page.scrollHeight
}

function leave(element: Element): void {
  element.remove()
  const act = whenGone.get(element)
  whenGone.delete(element)
  act?.()
}

// With the page goes the way back.
globalThis.addEventListener?.('pagehide', () => {
  for (const element of [...whenGone.keys()]) leave(element)
})

/**
 * Words about what is going on; they take the place of such words before them, and leave when something is done. Whoever
 * asked for them says when they leave otherwise, in milliseconds.
 */
export function notify(text: string): { leave(after: number): void } {
  endNotice()
  const element = document.createElement('div')
  element.className = 'toast'
  placeForOne().append(element)
  render(html`${icon('info')}<span>${text}</span>`, element)
  notice = element
  return {
    leave(after) {
      leaveLater(element, () => element.remove(), after)
    },
  }
}

/** Presses the newest Undo that there is. @returns whether there was one */
export function undoLast(): boolean {
  const button = [...document.querySelectorAll<HTMLButtonElement>(`.toast ${UNDO}`)].at(-1)
  button?.click()
  return button !== undefined
}

/** What was said about something that went on no longer matters. */
export function endNotice(): void {
  notice?.remove()
  notice = null
}

function dismissButton(dismiss: () => void): TemplateResult {
  return html`<button class="button quiet only-icon" type="button" aria-label="Dismiss" title="Dismiss" @click=${dismiss}>${icon('close')}</button>`
}

/** Makes an element that the server wrote leave like a toast of ours. */
export function adoptToast(element: HTMLElement): void {
  element.classList.remove('said')
  function dismiss(): void {
    element.remove()
  }
  leaveLater(element, dismiss, element.querySelector(UNDO) ? STAYS_WITH_UNDO : STAYS)
  // After the words, not in the place of them.
  render(dismissButton(dismiss), element)
}

/** Time stands still while the toast is hovered or holds focus. */
function leaveLater(element: HTMLElement, leave: () => void, after: number): ReturnType<typeof setTimeout> {
  function check(): void {
    if (element.matches(':hover, :focus-within')) setTimeout(check, 1000)
    else leave()
  }
  return setTimeout(check, after)
}

/** Where toasts stand, with room for one more. */
function placeForOne(): HTMLElement {
  const place = toastPlace()
  while (place.children.length >= AT_MOST) leave(place.firstElementChild as Element)
  return place
}

function toastPlace(): HTMLElement {
  const there = document.querySelector<HTMLElement>('[data-toasts]')
  if (there) return there
  const place = document.createElement('div')
  place.className = 'toasts'
  place.dataset.toasts = ''
  place.setAttribute('aria-live', 'polite')
  document.body.append(place)
  return place
}
