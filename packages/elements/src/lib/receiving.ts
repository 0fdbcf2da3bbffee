import { filesOf, type Held, sayNotTaken, takeDrops } from './dragging.ts'
import { acceptsType } from './files.ts'

/** A component that takes files: where it says so, and what it does with them. */
export interface Receiver {
  /** Nothing is taken while there is no source to put it into. */
  readonly source: string | null
  readonly accept: string | null
  hold(what: Held): void
  add(files: readonly File[]): void
}

/** Files that are dropped or pasted onto an element are added to it. Returns what undoes it. */
export function receiveFiles(element: HTMLElement & Receiver): () => void {
  const stopDrops = takeDrops(element, {
    enabled: () => element.source !== null,
    takes: (type) => acceptsType(element.accept, type),
    held: (what) => element.hold(what),
    dropped: (files) => element.add(files),
    said: sayNotTaken,
  })
  function paste(event: ClipboardEvent): void {
    const files = filesOf(event.clipboardData)
    if (files.length === 0 || element.source === null) return
    event.preventDefault()
    // One place takes them: what is around it need not look.
    event.stopPropagation()
    element.add(files)
  }
  element.addEventListener('paste', paste)
  return () => {
    stopDrops()
    element.removeEventListener('paste', paste)
  }
}

/** Files that are pasted anywhere on the page where nothing else takes them. Returns what undoes it. */
export function takePastes(add: (files: readonly File[]) => void): () => void {
  function paste(event: ClipboardEvent): void {
    const target = event.target as HTMLElement
    if (target.closest?.('input, textarea, file-column-input, file-cell, dialog')) return
    // A page of somebody else has editors, which take pictures themselves.
    if (target.isContentEditable || event.defaultPrevented) return
    const files = filesOf(event.clipboardData)
    if (files.length === 0) return
    event.preventDefault()
    add(files)
  }
  document.addEventListener('paste', paste)
  return () => document.removeEventListener('paste', paste)
}
