/** Menus are `<details class="menu">`: they close on Esc and on a press elsewhere, and arrows move inside them. */
export function closeMenus(): void {
  document.addEventListener('click', (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target as Node)) menu.open = false
  })
  document.addEventListener('focusin', (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target as Node)) menu.open = false
  })
  document.addEventListener('keydown', (event) => {
    const menu = (event.target as Element).closest?.<HTMLDetailsElement>('details.menu')
    if (event.key === 'Escape') {
      for (const open of openMenus()) {
        open.open = false
        if (open.contains(document.activeElement)) open.querySelector('summary')?.focus()
        event.preventDefault()
      }
    } else if (menu && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      move(menu, event)
    }
  })
}

function openMenus(): HTMLDetailsElement[] {
  return [...document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')]
}

function move(menu: HTMLDetailsElement, event: KeyboardEvent): void {
  // In a menu that holds a form, arrows belong to its fields.
  if ((event.target as Element).matches('input, select, textarea')) return
  event.preventDefault()
  menu.open = true
  const items = [...menu.querySelectorAll<HTMLElement>('.menu-panel :is(a, button, input, select)')]
  const at = items.indexOf(document.activeElement as HTMLElement)
  const step = event.key === 'ArrowDown' ? 1 : -1
  const next = at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length
  items[next]?.focus()
}
