import type { DeletedFile } from './absent.ts'
import type { FileSummary } from './files.ts'
import { summaryOf } from './stored.ts'

/** What the server knows of files, by their ids: what it does not name is missing or hidden. */
export interface Known {
  readonly files: ReadonlyMap<string, FileSummary>
  readonly deleted: ReadonlyMap<string, DeletedFile>
}

type Entry = Readonly<Record<string, unknown>>

/** Of an answer of `batch.json`. */
export function knownOf(answer: Entry): Known {
  return {
    files: new Map(entriesOf(answer.files).map(([id, file]) => [id, summaryOf({ id, ...file })])),
    deleted: new Map(entriesOf(answer.deleted).flatMap(([id, entry]) => deletedOf(id, entry))),
  }
}

/** Of a list in JSON, in which a file that is not there says its state; what is no list has none. */
export function knownIn(json: string): Known {
  const list = listIn(json)
  const deleted = new Map(list.flatMap((entry) => deletedOf(String(entry.id), entry)))
  const files = list.map(summaryOf).filter(({ id }) => !deleted.has(id))
  return { files: new Map(files.map((file) => [file.id, file])), deleted }
}

function deletedOf(id: string, { state, filename, note }: Entry): [string, DeletedFile][] {
  if (state === 'gone') return [[id, { state }]]
  return state === 'trashed' ? [[id, { state, filename: String(filename), note: String(note) }]] : []
}

function entriesOf(value: unknown): [string, Entry][] {
  return Object.entries((value ?? {}) as Record<string, Entry>)
}

function listIn(json: string): Entry[] {
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
