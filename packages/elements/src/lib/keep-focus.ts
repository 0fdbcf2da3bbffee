/**
 * Notes which control of which line has focus, before the lines are drawn anew. Returns what gives focus back if it was
 * lost: to the same control, to what is in its line or in the line that took its place (there to `data-rest` first, where
 * nothing is pressed by mistake), or to `data-control="choose"`.
 */
export function keepFocus(root: HTMLElement): () => void {
  const focused = document.activeElement
  if (!(focused instanceof HTMLElement) || !root.contains(focused)) return () => {}
  const line = focused.closest<HTMLElement>('[data-line]')
  const key = line?.dataset.line
  const { control } = focused.dataset
  const at = line === null ? -1 : linesOf(root).indexOf(line)
  return () => {
    if (root.contains(document.activeElement)) return
    const lines = linesOf(root)
    const same = lines.find((one) => one.dataset.line === key)
    const near = same ?? (at < 0 ? undefined : lines[Math.min(at, lines.length - 1)])
    const wanted =
      (control && (same ?? root).querySelector<HTMLElement>(`[data-control="${control}"]`)) ||
      near?.querySelector<HTMLElement>('[data-rest]') ||
      near?.querySelector<HTMLElement>('button, a[href]') ||
      root.querySelector<HTMLElement>('[data-control="choose"]')
    wanted?.focus({ preventScroll: true })
  }
}

function linesOf(root: HTMLElement): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>('[data-line]')]
}
