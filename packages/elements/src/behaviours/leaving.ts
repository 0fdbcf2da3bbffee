import { fileFields, isChanged } from './changes.ts'

/** What is ticked and chosen within these only says what a button is pressed for: nobody misses it. */
const CHOICES = '[data-selecting], [data-leavable]'

/**
 * Leaving a page asks first while one of its forms holds what was not saved. Sending that form, or pressing its own
 * "Discard changes", is an answer already.
 */
export function askBeforeLeaving(): void {
  let settled: HTMLFormElement | null = null
  document.addEventListener('submit', (event) => {
    if (!event.defaultPrevented) settled = event.target as HTMLFormElement
  })
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest('.save-bar a[href]')
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) settled = link.closest('form')
  })
  for (const type of ['input', 'change', 'file-field-change']) {
    document.addEventListener(type, () => {
      settled = null
    })
  }
  addEventListener('pageshow', () => {
    settled = null
  })
  addEventListener('beforeunload', (event) => {
    for (const form of document.querySelectorAll<HTMLFormElement>('form[method=post]')) {
      if (form !== settled && isUnsaved(form)) event.preventDefault()
    }
  })
}

function isUnsaved(form: HTMLFormElement): boolean {
  const isLost = [...form.elements].some((control) => isChanged(control) && !isMereChoice(control))
  return isLost || fileFields(form).some(({ changed, pending }) => changed || pending > 0) || isRefused(form)
}

/** What was typed is never mere choice. */
function isMereChoice(control: Element): boolean {
  return control.matches('select, [type=checkbox], [type=radio]') && control.closest(CHOICES) !== null
}

/** A form that came back refused holds, as it came, what nobody has saved; of one that keeps its choices, what it did not take. */
function isRefused(form: HTMLFormElement): boolean {
  if (form.querySelector('[data-error-summary]') === null) return false
  return !form.hasAttribute('data-decides') || form.querySelector('input[aria-invalid="true"]') !== null
}
