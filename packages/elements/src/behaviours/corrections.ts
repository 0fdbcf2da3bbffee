import type { FileColumnInput } from '../file-column-input.ts'
import { isChanged } from './changes.ts'

/** What a form was refused for is no longer marked as wrong once it is another value; whether that one is right, saving says. */
export function followCorrections(): void {
  document.addEventListener('input', correct)
  document.addEventListener('change', correct)
  document.addEventListener('file-field-change', correct)
}

function correct(event: Event): void {
  const control = event.target
  if (!(control instanceof HTMLElement)) return
  const field = control.closest<HTMLElement>('.form-row, .field')
  const error = field?.querySelector<HTMLElement>('.field-error')
  if (!field || !error) return
  const corrected = control.matches('file-column-input') ? (control as FileColumnInput).changed : isChanged(control)
  error.hidden = corrected
  // A row may hold several fields, of which others may still be wrong.
  const row = field.closest<HTMLElement>('.form-row')
  row?.classList.toggle('wrong', row.querySelector('.field-error:not([hidden])') !== null)
  if (control.matches('file-column-input')) (control as FileColumnInput).invalid = !corrected
  else if (corrected) control.removeAttribute('aria-invalid')
  else control.setAttribute('aria-invalid', 'true')
}
