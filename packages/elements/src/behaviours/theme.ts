import { requestJson } from '@holdall/client'

/** The theme changes at once and the cookie behind the page's back; without scripts the form does both. */
export function switchTheme(): void {
  const form = document.querySelector<HTMLFormElement>('[data-theme-switch]')
  form?.addEventListener('submit', (event) => {
    const button = (event as SubmitEvent).submitter
    if (!(button instanceof HTMLButtonElement)) return
    event.preventDefault()
    show(form, button.value)
    requestJson(form.action, { theme: button.value }).catch(() => {
      // Only the memory of it is lost: this page shows what was asked for.
    })
  })
}

function show(form: HTMLFormElement, theme: string): void {
  const root = document.documentElement
  if (theme === 'system') delete root.dataset.theme
  else root.dataset.theme = theme
  for (const button of form.querySelectorAll('button'))
    button.setAttribute('aria-pressed', String(button.value === theme))
}
