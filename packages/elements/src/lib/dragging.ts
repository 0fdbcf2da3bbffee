/** Whether a drag brings files from outside, rather than something of this page. */
export function bringsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false
}

/** The files of a drop or paste; folders are left out, because they cannot be read as files. */
export function filesOf(transfer: DataTransfer | null): File[] {
  if (!transfer) return []
  const items = [...transfer.items].filter((item) => item.kind === 'file')
  const files = items.map((item) => (item.webkitGetAsEntry?.()?.isDirectory ? null : item.getAsFile()))
  return files.filter((file) => file !== null)
}

/**
 * Makes an element a place to drop files: calls `held` while they are over it and `dropped` when they are let go.
 * Returns what undoes it.
 */
export function takeDrops(
  element: HTMLElement,
  taker: {
    readonly enabled: () => boolean
    readonly held: (over: boolean) => void
    readonly dropped: (files: File[]) => void
  },
): () => void {
  const stop = new AbortController()
  const { signal } = stop
  let held = false
  function hold(over: boolean): void {
    if (held !== over) taker.held(over)
    held = over
  }
  function over(event: DragEvent): void {
    if (!bringsFiles(event) || !taker.enabled()) return
    event.preventDefault()
    event.stopPropagation()
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy'
    hold(true)
  }
  function leave(event: DragEvent): void {
    // Into a child is not out. Where a browser does not say whereto, the next dragover holds again.
    if (!element.contains(event.relatedTarget as Node | null)) hold(false)
  }
  function drop(event: DragEvent): void {
    if (!bringsFiles(event) || !taker.enabled()) return
    event.preventDefault()
    hold(false)
    const files = filesOf(event.dataTransfer)
    if (files.length > 0) taker.dropped(files)
  }
  element.addEventListener('dragenter', over, { signal })
  element.addEventListener('dragover', over, { signal })
  element.addEventListener('dragleave', leave, { signal })
  element.addEventListener('drop', drop, { signal })
  return () => stop.abort()
}

let watching = false

/**
 * Marks the page with `data-files-dragged` while files are dragged over it, so that places to drop can show themselves;
 * and keeps a drop beside them from replacing the page.
 */
export function watchDragging(): void {
  if (watching) return
  watching = true
  const root = document.documentElement
  function began(event: DragEvent): void {
    if (bringsFiles(event)) root.dataset.filesDragged = ''
  }
  function ended(): void {
    delete root.dataset.filesDragged
  }
  // On the way down, because places to drop end the event's way up.
  addEventListener('dragenter', began, { capture: true })
  addEventListener('dragover', began, { capture: true })
  addEventListener('dragleave', (event) => event.relatedTarget === null && ended(), { capture: true })
  addEventListener('dragover', (event) => {
    if (!bringsFiles(event) || event.defaultPrevented) return
    event.preventDefault()
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'none'
  })
  addEventListener('drop', (event) => bringsFiles(event) && event.preventDefault())
  addEventListener('drop', ended, { capture: true })
}

/** Lets the person choose files; nothing happens when they cancel. */
export function chooseFiles(
  options: { readonly accept: string | null; readonly multiple: boolean },
  chosen: (files: File[]) => void,
): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.accept = options.accept ?? ''
  input.multiple = options.multiple
  input.hidden = true
  // In the page, because some browsers drop the choice of an input that nothing holds.
  document.body.append(input)
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])]
    input.remove()
    if (files.length > 0) chosen(files)
  })
  input.addEventListener('cancel', () => input.remove())
  input.click()
}
