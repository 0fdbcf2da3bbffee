import { copyText } from '../lib/copying.ts'

/** Buttons with `data-copy` copy that text; without scripts, or where the browser forbids it, they stay hidden. */
export function copyTexts(): void {
  if (!navigator.clipboard) return
  showCopyButtons(document)
  document.addEventListener('click', async (event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-copy]')
    if (button) await copyText(button.dataset.copy ?? '', button)
  })
}

/** Shows the buttons of a part of the page that was just put there. */
export function showCopyButtons(within: ParentNode): void {
  if (!navigator.clipboard) return
  for (const button of within.querySelectorAll<HTMLElement>('[data-copy]')) button.hidden = false
}
