/** Selects with `data-submits` send their form when they change; the button for those without scripts goes. */
export function submitSelects(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-when-scriptless]')) button.hidden = true
  document.addEventListener('change', (event) => {
    if (event.target instanceof HTMLSelectElement && event.target.matches('[data-submits]'))
      event.target.form?.requestSubmit()
  })
}
