/** Where nothing hovers, what hovering would bring is there. */
const CANNOT_HOVER = globalThis.matchMedia?.('(hover: none)')

/** Whether one points with a finger, which hits what it did not mean to. */
export function pointsByTouch(): boolean {
  return CANNOT_HOVER?.matches ?? false
}

/** Calls `changed` when the pointer or the focus comes to an element or leaves it. Returns what undoes it. */
export function watchNearness(element: HTMLElement, changed: (near: boolean) => void): () => void {
  const stop = new AbortController()
  const { signal } = stop
  /** While focus moves it is nowhere: `next` is where it goes. */
  function look(next: EventTarget | null = document.activeElement): void {
    changed(element.matches(':hover') || element.contains(next as Node | null) || pointsByTouch())
  }
  for (const type of ['pointerenter', 'focusin', 'pointerleave'])
    element.addEventListener(type, () => look(), { signal })
  element.addEventListener('focusout', ({ relatedTarget }) => look(relatedTarget), { signal })
  changed(pointsByTouch())
  return () => stop.abort()
}
