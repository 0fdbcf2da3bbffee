import type { FileColumnInput } from '../file-column-input.ts'

export function fileFields(form: HTMLFormElement): FileColumnInput[] {
  return [...form.querySelectorAll<FileColumnInput>('file-column-input')]
}

/** What the fields of a form are called that hold something else than the page came with, each once, as the page calls them. */
export function changedFields(form: HTMLFormElement): string[] {
  const controls = [...form.elements].filter(isChanged)
  const files = fileFields(form).filter((field) => field.changed || field.pending > 0)
  return [...new Set([...controls, ...files].map(calledOf))]
}

/** Several controls of one field, such as a number and its unit, are one; so is all that stands in the line of one column. */
function calledOf(control: Element): string {
  const called =
    labelIn(control.closest('.form-row'), '.form-row-label .field-label') ??
    labelIn(control.closest('.field'), '.field-label')
  return called ?? control.getAttribute('name') ?? ''
}

function labelIn(field: Element | null, selector: string): string | undefined {
  return field?.querySelector(selector)?.textContent?.trim() || undefined
}

/** Whether a control holds something else than the page came with. */
export function isChanged(element: Element): boolean {
  if (element instanceof HTMLInputElement) return element.type !== 'hidden' && changedInput(element)
  if (element instanceof HTMLTextAreaElement) return element.value !== element.defaultValue
  return element instanceof HTMLSelectElement && changedSelect(element)
}

function changedInput(input: HTMLInputElement): boolean {
  if (input.type === 'checkbox' || input.type === 'radio') return input.checked !== input.defaultChecked
  return input.value !== input.defaultValue
}

function changedSelect(select: HTMLSelectElement): boolean {
  const options = [...select.options]
  const first = options.findIndex((option) => option.defaultSelected)
  return select.selectedIndex !== Math.max(0, first)
}
