/** `/` goes to the search, Ctrl S (or ⌘ S) saves the form of the page. Single keys are silent where one types. */
export function listenForKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented) return
    if (event.key === 's' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) save(event)
    else if (event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target))
      search(event)
  })
}

function save(event: KeyboardEvent): void {
  const form = document.querySelector<HTMLFormElement>('form[data-save]')
  if (!form) return
  event.preventDefault()
  form.requestSubmit(form.querySelector<HTMLButtonElement>('.save-bar button[type=submit]'))
}

function search(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>('input[type=search]')
  if (!field || document.querySelector('dialog[open]')) return
  event.preventDefault()
  field.focus()
  field.select()
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null
}
