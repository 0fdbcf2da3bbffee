import { singleKeysWork } from '../lib/single-keys.ts'
import { undoLast } from '../lib/toast.ts'
import { openKeyList } from './key-list.ts'

/**
 * `/` goes to the search, `?` lists the keys, Ctrl S (or ⌘ S) saves the form of the page, Ctrl Z takes back
 * what the page offers to undo, unless one types. The arrows go to the one before and the one after in a list. Single keys are silent where
 * one types, in dialogs, and for who switched them off.
 */
export function listenForKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented) return
    if (event.key === 's' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) save(event)
    else if (event.key === 'z' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) undo(event)
    else if (isSingle(event) && event.key === '/') search(event)
    else if (isSingle(event) && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) goBeside(event)
    else if (isSingle(event) && event.key === '?') {
      event.preventDefault()
      openKeyList()
    }
  })
}

function isSingle(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || !singleKeysWork()) return false
  return !isTyping(event.target) && !document.querySelector('dialog[open]')
}

function save(event: KeyboardEvent): void {
  const form = document.querySelector<HTMLFormElement>('form[data-save]')
  if (!form) return
  event.preventDefault()
  form.requestSubmit(form.querySelector<HTMLButtonElement>('.save-bar button[type=submit]'))
}

/** In a field it takes back what was typed there. */
function undo(event: KeyboardEvent): void {
  const target = event.target instanceof Element ? event.target : null
  // A box that is ticked has nothing of its own to take back.
  if (isTyping(target) && !target?.matches('input[type=checkbox], input[type=radio]')) return
  if (document.querySelector('dialog[open]') === null && undoLast()) event.preventDefault()
}

function search(event: KeyboardEvent): void {
  const field =
    document.querySelector<HTMLInputElement>('main input[type=search]') ??
    document.querySelector<HTMLInputElement>('input[type=search]')
  if (!field) return
  event.preventDefault()
  field.focus()
  field.select()
}

/** What plays or scrolls has the arrows for itself. */
function goBeside(event: KeyboardEvent): void {
  const target = event.target instanceof Element ? event.target : null
  if (event.shiftKey || target?.closest('audio, video, [tabindex="0"], [role=menu], details.menu')) return
  const rel = event.key === 'ArrowLeft' ? 'prev' : 'next'
  const link = document.querySelector<HTMLAnchorElement>(`.neighbours > a[rel=${rel}]`)
  if (link === null) return
  event.preventDefault()
  link.click()
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null
}
