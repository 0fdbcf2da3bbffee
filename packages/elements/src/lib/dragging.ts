import { announce } from './announce.ts'
import { droppedWords, noFilesWords, noFoldersWords } from './dropped-words.ts'
import { filesInside, ofPeople } from './folders.ts'
import { inSlices } from './slices.ts'
import { endNotice, notify } from './toast.ts'

/** Whether a drag brings files from outside, rather than something of this page. */
export function bringsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false
}

/** The files of a drop or paste; folders are left out, because they cannot be read as files. */
export function filesOf(transfer: DataTransfer | null): File[] {
  return filesAndFolders(transfer).files
}

function filesAndFolders(transfer: DataTransfer | null): { files: File[]; folders: string[] } {
  const files: File[] = []
  const folders: string[] = []
  for (const item of transfer?.items ?? []) {
    if (item.kind !== 'file') continue
    const entry = item.webkitGetAsEntry?.()
    const file = entry?.isDirectory ? null : item.getAsFile()
    if (file !== null) files.push(file)
    else if (entry?.isDirectory) folders.push(entry.name)
  }
  return { files, folders }
}

/** Of files that are held over a page, so many say what they are. */
const MOST_LOOKED_AT = 100

/** The types of the first files that are dragged, as far as the browser tells before they are let go: '' where it does not. */
function draggedTypes(event: DragEvent): string[] {
  const items = event.dataTransfer?.items
  const types: string[] = []
  // Each is asked of the browser anew, at every move of the mouse.
  for (let at = 0; at < Math.min(items?.length ?? 0, MOST_LOOKED_AT); at += 1) {
    const item = items?.[at]
    if (item?.kind === 'file') types.push(item.type)
  }
  return types
}

/** What is held over a place: files that it takes, files that it would refuse, or nothing. */
export type Held = 'welcome' | 'unwelcome' | null

/**
 * Makes an element a place to drop files: calls `held` when they come over it and leave it, and `dropped` when they are
 * let go. Files that are refused by their type are not invited; who drops them anyway is told why. Returns what undoes it.
 */
export function takeDrops(
  element: HTMLElement,
  taker: {
    readonly enabled: () => boolean
    /** Whether files of this type are taken; '' is a type that is not known. */
    readonly takes: (type: string) => boolean
    readonly held: (what: Held) => void
    readonly dropped: (files: File[]) => void
    /** Whether folders are taken too, with all that is in them. */
    readonly folders?: boolean
    /** Told in a sentence what was dropped and is not taken. */
    readonly said: (words: string) => void
    /** Whether what is no file at all, as text and links, is answered too. */
    readonly answersAll?: boolean
  },
): () => void {
  const stop = new AbortController()
  const { signal } = stop
  let held: Held = null
  function hold(what: Held): void {
    if (held !== what) taker.held(what)
    held = what
  }
  function enter(event: DragEvent): void {
    if (!taker.enabled()) return
    // Without this there is no drop to answer.
    if (!bringsFiles(event) && taker.answersAll) event.preventDefault()
    if (!bringsFiles(event)) return
    event.preventDefault()
    event.stopPropagation()
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy'
    const types = draggedTypes(event)
    hold(types.length === 0 || types.some(taker.takes) ? 'welcome' : 'unwelcome')
  }
  function leave(event: DragEvent): void {
    // Into a child is not out. Where a browser does not say whereto, the next dragover holds again.
    if (!element.contains(event.relatedTarget as Node | null)) hold(null)
  }
  function drop(event: DragEvent): void {
    if (!taker.enabled() || event.defaultPrevented) return
    if (!bringsFiles(event)) {
      if (!taker.answersAll) return
      event.preventDefault()
      taker.said(noFilesWords(event.dataTransfer?.types ?? []))
      return
    }
    event.preventDefault()
    hold(null)
    if (taker.folders) takeAll(event.dataTransfer)
    else takeFiles(event.dataTransfer)
  }
  async function takeAll(transfer: DataTransfer | null): Promise<void> {
    const dropped = await filesInside(transfer)
    await measured(dropped.files)
    if (dropped.files.length > 0) taker.dropped([...dropped.files])
    const words = droppedWords(dropped)
    if (words !== null) taker.said(words)
  }
  function takeFiles(transfer: DataTransfer | null): void {
    const { files, folders } = filesAndFolders(transfer)
    if (files.length > 0) taker.dropped(files)
    if (folders.length > 0) taker.said(noFoldersWords(folders))
    else if (files.length === 0) taker.said(droppedWords({ files, empty: [], unread: [] }) ?? '')
  }
  /** Before anything is held over it, a place shows itself only to files that it takes. */
  function began(event: Event): void {
    if (!taker.enabled()) return
    const types = (event as CustomEvent<string[]>).detail
    element.toggleAttribute('uninviting', types.length > 0 && !types.some(taker.takes))
  }
  element.addEventListener('dragenter', enter, { signal })
  element.addEventListener('dragover', enter, { signal })
  element.addEventListener('dragleave', leave, { signal })
  element.addEventListener('drop', drop, { signal })
  document.addEventListener(DRAG_BEGAN, began, { signal })
  return () => stop.abort()
}

/** Sent on `document` when files come over the page; `detail` is their types. */
const DRAG_BEGAN = 'holdall-drag'
/** How long the words about where to drop stay after the files are gone, in milliseconds. */
const WORDS_STAY = 5000

/** More columns than these are counted. */
const MOST_NAMES = 4

let watching = false
/** What a page says that has no component which takes files; without it such a page does what it does by itself. */
let sayElsewhere: (() => string) | null = null

/**
 * Marks the page with `data-files-dragged` while files are dragged over it, so that places to drop can show themselves.
 * Beside them a drop never replaces the page, and words say where files can be dropped.
 *
 * @param elsewhere says it on our own pages where no component takes files
 */
export function watchDragging(elsewhere?: () => string): void {
  sayElsewhere = elsewhere ?? sayElsewhere
  if (watching) return
  watching = true
  const root = document.documentElement
  let words: ReturnType<typeof notify> | null = null
  function began(event: DragEvent): void {
    if (!bringsFiles(event) || root.dataset.filesDragged !== undefined) return
    root.dataset.filesDragged = ''
    document.dispatchEvent(new CustomEvent(DRAG_BEGAN, { detail: draggedTypes(event) }))
  }
  function ended(): void {
    delete root.dataset.filesDragged
    words?.leave(WORDS_STAY)
    words = null
  }
  function beside(event: DragEvent): void {
    if (!bringsFiles(event) || event.defaultPrevented || takesFilesItself(event.target)) return
    const where = whereToDrop()
    if (where === null) return
    event.preventDefault()
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'none'
    words ??= notify(where)
  }
  // On the way down, because places to drop end the event's way up.
  addEventListener('dragenter', began, { capture: true })
  addEventListener('dragover', began, { capture: true })
  addEventListener('dragleave', (event) => event.relatedTarget === null && ended(), { capture: true })
  addEventListener('dragenter', beside)
  addEventListener('dragover', beside)
  addEventListener('drop', (event) => {
    // A place took them: where to drop is no question any more.
    if (event.defaultPrevented) endNotice()
    beside(event)
    ended()
  })
}

/** A plain file input attaches what is dropped onto it, without our help. */
function takesFilesItself(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === 'file'
}

function whereToDrop(): string | null {
  const fields = columnNames('file-column-input[source]')
  if (fields.length > 0) return `Drop files onto ${oneOf(fields)}.`
  const columns = columnNames('file-cell[ready]')
  if (columns.length > 0) return `Drop files onto a cell of ${oneOf(columns)}.`
  if (document.querySelector('file-upload')) return 'Drop files into the upload area.'
  return sayElsewhere?.() ?? null
}

/** Says beside nothing in particular what was dropped and is not taken: where there is no room for it. */
export function sayNotTaken(words: string): void {
  announce(words)
  // The drop itself ends what was said before it.
  setTimeout(() => notify(words).leave(WORDS_STAY))
}

/** The columns of the places on this page, each once, in their order. */
function columnNames(selector: string): string[] {
  const places = document.querySelectorAll(selector)
  return [...new Set([...places].map((one) => one.getAttribute('column') || one.getAttribute('name') || ''))]
}

/** `image`, `image or report`, `image, photos, report or 2 more`. */
function oneOf(names: readonly string[]): string {
  const named = names.slice(0, MOST_NAMES)
  const more = names.length - named.length
  const last = more > 0 ? `${more} more` : (named.pop() ?? '')
  return named.length === 0 ? last : `${named.join(', ')} or ${last}`
}

/** Where the browser looks a file up when its size is first asked for, of thousands together the page stood still. */
function measured(files: readonly File[]): Promise<void> {
  return inSlices(files, ({ size }) => size)
}

/** Lets the person choose files; nothing happens when they cancel. */
export function chooseFiles(
  options: { readonly accept: string | null; readonly multiple: boolean; readonly folder?: boolean },
  chosen: (files: File[]) => void,
): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.accept = options.accept ?? ''
  input.multiple = options.multiple
  if (options.folder) input.webkitdirectory = true
  input.hidden = true
  // In the page, because some browsers drop the choice of an input that nothing holds.
  document.body.append(input)
  input.addEventListener('change', () => {
    const files = options.folder ? ofPeople(input.files ?? []) : [...(input.files ?? [])]
    input.remove()
    if (files.length === 0) return
    endNotice()
    measured(files).then(() => chosen(files))
  })
  input.addEventListener('cancel', () => input.remove())
  input.click()
}
