import { announce } from '../lib/announce.ts'
import { formatBytes } from '../lib/format.ts'
import { sayUses } from './uses.ts'

const FORM = 'form[data-selecting]'
const ITEM = '.tile, tbody tr'
const BOX = 'input[name=id]'

/** Where a range that Shift extends begins. */
let anchor: Element | null = null

/**
 * Forms with `data-selecting` hold files to select: arrows move among them, Space selects, Shift extends, Ctrl A selects
 * the page, Enter opens, Delete presses the button that deletes, Esc lets all go.
 */
export function selectFiles(): void {
  document.addEventListener('change', (event) => {
    const box = event.target as Element
    if (box.matches(`${FORM} ${BOX}`)) tell(formOf(box))
  })
  document.addEventListener('click', (event) => {
    const target = event.target as Element
    if (target.closest('[data-selection-clear]')) clear(formOf(target))
    else if (target.closest('[data-selection-all]')) selectAll(formOf(target))
    else if (target.matches(`${FORM} ${BOX}`)) extendByClick(target as HTMLInputElement, event.shiftKey)
  })
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement
    if (!form.matches(FORM) || chosen(form).length > 0) return
    event.preventDefault()
    boxes(form)[0]?.focus()
    announce('No file is selected.')
  })
  document.addEventListener('keydown', (event) => {
    const target = event.target as Element
    const item = target.closest(ITEM)
    if (item?.closest(FORM) && !event.defaultPrevented) press(event, item)
  })
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll<HTMLFormElement>(FORM)) tell(form, false)
  })
}

function press(event: KeyboardEvent, item: Element): void {
  const form = formOf(item)
  const command = event.ctrlKey || event.metaKey
  if (command && event.key.toLowerCase() === 'a') {
    event.preventDefault()
    set(form, boxes(form), true)
  } else if (command || event.altKey) {
    return
  } else if (event.key.startsWith('Arrow')) {
    move(event, item)
  } else if (event.key === ' ' && !isBox(event.target)) {
    event.preventDefault()
    const box = boxOf(item)
    if (box) set(form, [box], !box.checked)
    anchor = item
  } else if (event.key === 'Enter' && isBox(event.target)) {
    event.preventDefault()
    linkOf(item)?.click()
  } else if (event.key === 'Delete') {
    if (form.querySelector('[data-selection-action="delete"]') === null) return
    event.preventDefault()
    const box = boxOf(item)
    if (chosen(form).length === 0 && box) set(form, [box], true)
    // What is selected decides which of the buttons there is.
    const button = form.querySelector<HTMLButtonElement>('[data-selection-action="delete"]:not([hidden])')
    if (button !== null && chosen(form).length > 0) form.requestSubmit(button)
  } else if (event.key === 'Escape' && chosen(form).length > 0) {
    event.preventDefault()
    clear(form)
  }
}

/** By what is seen: a line down is the next line's file in the same place. */
function move(event: KeyboardEvent, item: Element): void {
  const items = [...formOf(item).querySelectorAll<HTMLElement>(ITEM)]
  const top = items[0]?.offsetTop
  const columns = Math.max(1, items.filter(({ offsetTop }) => offsetTop === top).length)
  const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }
  const next = items[items.indexOf(item as HTMLElement) + (steps[event.key] ?? 0)]
  event.preventDefault()
  if (!next) return
  const focused = isBox(event.target) ? (boxOf(next) ?? linkOf(next)) : linkOf(next)
  focused?.focus()
  if (event.shiftKey) {
    anchor ??= item
    extend(next)
  } else {
    anchor = next
  }
}

function extendByClick(box: HTMLInputElement, shift: boolean): void {
  const item = box.closest(ITEM)
  if (shift && anchor && item && box.checked) extend(item)
  anchor = item
}

/** Selects everything from the anchor to an item. */
function extend(to: Element): void {
  const form = formOf(to)
  const items = [...form.querySelectorAll(ITEM)]
  const ends = [anchor ? items.indexOf(anchor) : -1, items.indexOf(to)].filter((at) => at >= 0)
  const range = items.slice(Math.min(...ends), Math.max(...ends) + 1)
  set(
    form,
    range.flatMap((item) => boxOf(item) ?? []),
    true,
  )
}

function set(form: HTMLFormElement, some: readonly HTMLInputElement[], checked: boolean): void {
  for (const box of some) box.checked = checked
  tell(form)
}

function clear(form: HTMLFormElement): void {
  const held = form.querySelector('.selection-bar')?.contains(document.activeElement)
  set(form, boxes(form), false)
  anchor = null
  // The button that had focus is no longer to be seen.
  if (held) linkOf(form)?.focus()
}

/** The button goes with that; whoever pressed it by keyboard goes on at the first of them. */
function selectAll(form: HTMLFormElement): void {
  set(form, boxes(form), true)
  boxes(form)[0]?.focus({ preventScroll: true })
}

function tell(form: HTMLFormElement, aloud = true): void {
  const some = chosen(form)
  const bytes = some.reduce((sum, box) => sum + Number(box.dataset.size ?? 0), 0)
  const words = `${some.length} selected · ${formatBytes(bytes)}`
  const text = form.querySelector<HTMLElement>('[data-selection-text]')
  if (text) text.textContent = some.length === 0 ? (text.dataset.selectionText ?? '') : words
  const kept = some.filter((box) => 'kept' in box.dataset).length
  const speaks = kept === 0 && some.length > 0 ? 'gone' : kept === some.length && kept > 0 ? 'kept' : 'both'
  for (const button of form.querySelectorAll<HTMLElement>('[data-selection-for]')) {
    button.hidden = !(button.dataset.selectionFor ?? '').split(' ').includes(speaks)
  }
  const clearing = form.querySelector<HTMLElement>('[data-selection-clear]')
  if (clearing) clearing.hidden = some.length === 0
  const all = form.querySelector<HTMLElement>('[data-selection-all]')
  if (all) all.hidden = some.length === boxes(form).length
  if (aloud) announce(`${some.length} selected`)
  sayUses(
    form,
    some.map(({ value }) => value),
  )
}

function chosen(form: HTMLFormElement): HTMLInputElement[] {
  return boxes(form).filter(({ checked }) => checked)
}

function boxes(form: HTMLFormElement): HTMLInputElement[] {
  return [...form.querySelectorAll<HTMLInputElement>(BOX)]
}

function boxOf(item: Element): HTMLInputElement | null {
  return item.querySelector(BOX)
}

function linkOf(item: Element): HTMLAnchorElement | null {
  return item.querySelector<HTMLAnchorElement>('a[href]:not([tabindex="-1"])')
}

function formOf(element: Element): HTMLFormElement {
  return element.closest(FORM) as HTMLFormElement
}

function isBox(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches(BOX)
}
