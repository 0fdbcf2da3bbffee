import type { AbsentFile } from '../lib/absent.ts'
import type { FileSummary } from '../lib/files.ts'
import type { Known } from '../lib/known.ts'
import type { Task } from '../lib/task.ts'

/** A file that is attached, one that is not there or that nobody may see, or one on its way. */
export type Item =
  | { readonly key: string; readonly kind: 'file'; readonly file: FileSummary }
  | { readonly key: string; readonly kind: 'absent'; readonly id: string; readonly absent: AbsentFile }
  | { readonly key: string; readonly kind: 'task'; readonly task: Task }

/** What a field of files holds, in order. */
export interface Items {
  readonly list: readonly Item[]
  /** What a new file takes the place of when the form is saved; only where there is one file. */
  readonly replaced: Item | null
  /** The file, where that is all there is. */
  readonly only: FileSummary | null
  /** What the form sends. */
  ids(): string[]
  /** What the page came with; an id of which nothing is known is one that nobody may see. */
  begin(ids: readonly string[], known: Known): void
  /** What is there under an id alone may be known after all. */
  learn(known: Known): void
  addTasks(tasks: readonly Task[]): void
  /** A file that is there already is not added again. */
  addFiles(files: readonly FileSummary[]): void
  /** The upload is a file now. */
  arrived(task: Task, file: FileSummary): void
  /** Returns what puts it back where it was. */
  remove(item: Item): () => void
  /** @returns whether it moved */
  place(item: Item, to: number): boolean
  /** What is there steps aside, all but `own`: the file until the form is saved, an upload for good. */
  makeRoom(own?: Item): void
  /** A replacement that was cancelled or failed leaves what was there. */
  bringBack(): void
  forgetFailed(): void
  of(task: Task): Item | undefined
}

export function nameOf(item: Item): string {
  if (item.kind === 'absent') {
    if (item.absent.state === 'trashed') return item.absent.filename
    return item.absent.state === 'gone' ? 'The file that is gone' : 'The file that is not shown'
  }
  return item.kind === 'file' ? item.file.filename : item.task.file.name
}

function itemOf(id: string, { files, deleted }: Known): Item {
  const file = files.get(id)
  if (file) return { key: id, kind: 'file', file }
  return { key: id, kind: 'absent', id, absent: deleted.get(id) ?? { state: 'unavailable' } }
}

/** @param forget called for uploads that leave the list for good; `kept`: what was sent of them may be gone on with */
export function createItems(forget: (task: Task, kept: boolean) => void): Items {
  let list: readonly Item[] = []
  let replaced: Item | null = null

  function idOf(item: Item): string[] {
    if (item.kind === 'task') return []
    return [item.kind === 'file' ? item.file.id : item.id]
  }

  return {
    get list() {
      return list
    },
    get replaced() {
      return replaced
    },
    get only() {
      const [first] = list
      return list.length === 1 && first?.kind === 'file' ? first.file : null
    },
    ids: () => list.flatMap(idOf),
    begin(ids, known) {
      list = ids.map((id) => itemOf(id, known))
    },
    learn(known) {
      list = list.map((item) => (item.kind === 'absent' ? itemOf(item.id, known) : item))
    },
    addTasks(tasks) {
      list = [...list, ...tasks.map((task) => ({ key: `task-${task.key}`, kind: 'task', task }) as const)]
    },
    addFiles(files) {
      const known = new Set(list.flatMap(idOf))
      const added = files.filter(({ id }) => !known.has(id))
      list = [...list, ...added.map((file) => ({ key: file.id, kind: 'file', file }) as const)]
    },
    arrived(task, file) {
      const twice = list.some((item) => item.kind === 'file' && item.file.id === file.id)
      const shown = { ...file, thumbnail_url: file.thumbnail_url ?? task.preview }
      list = list.flatMap((item): Item[] => {
        if (item.kind !== 'task' || item.task !== task) return [item]
        return twice ? [] : [{ key: item.key, kind: 'file', file: shown }]
      })
    },
    remove(item) {
      const at = list.indexOf(item)
      list = list.filter((one) => one !== item)
      if (item.kind === 'task') forget(item.task, false)
      return () => {
        list = list.toSpliced(at, 0, item)
      }
    },
    place(item, to) {
      const from = list.indexOf(item)
      if (from < 0 || to < 0 || to >= list.length || from === to) return false
      list = list.toSpliced(from, 1).toSpliced(to, 0, item)
      return true
    },
    makeRoom(own) {
      const leaving = list.filter((item) => item !== own)
      list = list.filter((item) => item === own)
      for (const item of leaving) {
        if (item.kind === 'task') forget(item.task, false)
        else replaced ??= item
      }
    },
    bringBack() {
      if (replaced) list = [replaced, ...list]
      replaced = null
    },
    forgetFailed() {
      for (const item of list) {
        if (item.kind !== 'task' || item.task.state !== 'failed') continue
        list = list.filter((one) => one !== item)
        forget(item.task, true)
      }
    },
    of: (task) => list.find((item) => item.kind === 'task' && item.task === task),
  }
}
