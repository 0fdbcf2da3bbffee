import { html, nothing, render, type TemplateResult } from 'lit'
import { icon } from './templates.ts'

const STAYS = 8000
/** An older one leaves when a third comes. */
const AT_MOST = 2

/** Says what was done, with a way back. Errors are never toasts: they stand beside their cause. */
export function toast(text: string, undo?: () => void): void {
  const place = toastPlace()
  const element = document.createElement('div')
  element.className = 'toast'
  element.setAttribute('role', 'status')
  function dismiss(): void {
    clearTimeout(timer)
    element.remove()
  }
  function undone(): void {
    dismiss()
    undo?.()
  }
  const timer = leaveLater(element, dismiss)
  while (place.children.length >= AT_MOST) place.firstElementChild?.remove()
  place.append(element)
  render(
    html`${undo ? nothing : icon('check')}<span>${text}</span>${
      undo ? html`<button class="button quiet undo" type="button" @click=${undone}>Undo</button>` : nothing
    }${dismissButton(dismiss)}`,
    element,
  )
}

/** Words for as long as something lasts; whoever asked for them says when they leave, in milliseconds. */
export function notify(text: string): { leave(after: number): void } {
  const element = document.createElement('div')
  element.className = 'toast'
  element.setAttribute('role', 'status')
  toastPlace().append(element)
  render(html`${icon('info')}<span>${text}</span>`, element)
  return {
    leave(after) {
      setTimeout(() => element.remove(), after)
    },
  }
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
  leaveLater(element, dismiss)
  const place = document.createElement('span')
  element.append(place)
  render(dismissButton(dismiss), place)
}

/** Time stands still while the toast is hovered or holds focus. */
function leaveLater(element: HTMLElement, leave: () => void): ReturnType<typeof setTimeout> {
  function check(): void {
    if (element.matches(':hover, :focus-within')) setTimeout(check, 1000)
    else leave()
  }
  return setTimeout(check, STAYS)
}

function toastPlace(): HTMLElement {
  const there = document.querySelector<HTMLElement>('[data-toasts]')
  if (there) return there
  const place = document.createElement('div')
  place.className = 'toasts'
  place.dataset.toasts = ''
  document.body.append(place)
  return place
}
