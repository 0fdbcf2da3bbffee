import type { FileColumnInput } from '../file-column-input.ts'
import { announce } from '../lib/announce.ts'
import { formatCount } from '../lib/format.ts'

/**
 * Forms with `data-save` say how much has changed and wait for their uploads: a press on Save is accepted at once and
 * carried out when the last one has ended. A failed upload stops it, because saving would silently leave it out.
 */
export function followForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-save]')) follow(form)
}

function follow(form: HTMLFormElement): void {
  const state = form.querySelector<HTMLElement>('[data-form-state]')
  let waiting: HTMLElement | null | undefined

  function say(): void {
    if (!state) return
    const changes = countChanges(form)
    const uploads = fields(form).reduce((sum, field) => sum + field.pending, 0)
    const words = changes === 0 ? [] : [`${formatCount(changes, 'change')}.`]
    if (uploads > 0) words.push(`Saving waits for ${formatCount(uploads, 'upload')}.`)
    state.textContent = words.join(' ')
  }

  form.addEventListener('input', say)
  form.addEventListener('change', say)
  form.addEventListener('file-field-change', async () => {
    say()
    if (waiting === undefined || fields(form).some((field) => field.pending > 0)) return
    const submitter = waiting
    waiting = undefined
    // The inputs that the form sends are drawn a moment later.
    await Promise.all(fields(form).map((field) => field.updateComplete))
    form.requestSubmit(submitter)
  })
  form.addEventListener('submit', (event) => {
    const failed = fields(form).find((field) => field.failed > 0)
    if (failed) {
      event.preventDefault()
      waiting = undefined
      const text = 'Not saved: an upload failed. Retry it or remove it, then save.'
      if (state) state.textContent = text
      announce(text)
      failed.focus()
      failed.scrollIntoView({ block: 'center' })
    } else if (fields(form).some((field) => field.pending > 0)) {
      event.preventDefault()
      waiting = (event as SubmitEvent).submitter
      const uploads = fields(form).reduce((sum, field) => sum + field.pending, 0)
      const text = `Saves when ${formatCount(uploads, 'upload')} ${uploads === 1 ? 'has' : 'have'} ended.`
      if (state) state.textContent = text
      announce(text)
    }
  })
  // A page that comes back from the browser's cache keeps its fields and has to say so.
  addEventListener('pageshow', say)
}

function fields(form: HTMLFormElement): FileColumnInput[] {
  return [...form.querySelectorAll<FileColumnInput>('file-column-input')]
}

function countChanges(form: HTMLFormElement): number {
  const names = new Set<string>()
  for (const element of form.elements) {
    if (element instanceof HTMLInputElement && element.type !== 'hidden' && changedInput(element))
      names.add(element.name)
    else if (element instanceof HTMLTextAreaElement && element.value !== element.defaultValue) names.add(element.name)
    else if (element instanceof HTMLSelectElement && changedSelect(element)) names.add(element.name)
  }
  for (const field of fields(form)) if (field.changed || field.pending > 0) names.add(field.name)
  return names.size
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
