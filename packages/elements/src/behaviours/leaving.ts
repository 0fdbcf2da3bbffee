import { countChanges } from './changes.ts'

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

/** A form that came back refused holds, as it came, what nobody has saved. */
function isUnsaved(form: HTMLFormElement): boolean {
  return countChanges(form) > 0 || form.querySelector('[data-error-summary]') !== null
}
