import type { FileColumnInput } from '../file-column-input.ts'

export function fileFields(form: HTMLFormElement): FileColumnInput[] {
  return [...form.querySelectorAll<FileColumnInput>('file-column-input')]
}

/** How many fields of a form hold something else than the page came with. */
export function countChanges(form: HTMLFormElement): number {
  const names = new Set<string>()
  for (const element of form.elements) if (isChanged(element)) names.add((element as HTMLInputElement).name)
  for (const field of fileFields(form)) if (field.changed || field.pending > 0) names.add(field.name)
  return names.size
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
