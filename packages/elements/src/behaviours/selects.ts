import { isChanged } from './changes.ts'

/** Selects with `data-submits` send their form when they change; the button for those without scripts goes. */
export function submitSelects(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-when-scriptless]')) button.hidden = true
  document.addEventListener('change', (event) => {
    if (event.target instanceof HTMLSelectElement && event.target.matches('[data-submits]'))
      event.target.form?.requestSubmit()
  })
  chosenBefore()?.form?.requestSubmit()
}

/** What somebody chose before this script had come. On a page that was returned to, the browser itself may have put it back. */
function chosenBefore(): HTMLSelectElement | undefined {
  const [visit] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  if (visit?.type !== 'navigate') return undefined
  return [...document.querySelectorAll<HTMLSelectElement>('select[data-submits]')].find(isChanged)
}
