import { isSystemFile, isSystemFolder } from './system-files.ts'

/** What a drop came to. */
export interface Dropped {
  readonly files: readonly File[]
  /** Names of folders in which there is no file. */
  readonly empty: readonly string[]
  /** Names of files and folders that could not be read. */
  readonly unread: readonly string[]
}

/** Of so many items it is asked whether they are folders; of more only where nothing says what they are. It takes long. */
const MOST_ASKED = 200

/** Browsers tell it only of folders that were chosen. */
const dropped = new WeakMap<File, string>()

/** The folder that a file came from, from the one that was dropped or chosen on: `album/deep`; null where it came by itself. */
export function folderOf(file: File): string | null {
  const noted = dropped.get(file)
  if (noted !== undefined) return noted
  const path = file.webkitRelativePath ?? ''
  const end = path.lastIndexOf('/')
  return end > 0 ? path.slice(0, end) : null
}

/**
 * The files of a drop, those inside its folders included. It must be called while the event is handled; what it
 * promises comes later.
 */
export function filesInside(transfer: DataTransfer | null): Promise<Dropped> {
  const items = [...(transfer?.items ?? [])].filter((item) => item.kind === 'file')
  // A transfer is empty as soon as its event has been handled.
  const taken = items.map((item, at) => ({
    entry: at < MOST_ASKED || item.type === '' ? (item.webkitGetAsEntry?.() ?? null) : null,
    file: item.getAsFile(),
  }))
  return Promise.all(
    taken.map(async ({ entry, file }): Promise<Dropped> => {
      if (entry?.isDirectory) return ofFolder(entry as FileSystemDirectoryEntry)
      return file === null ? { ...NOTHING, unread: [entry?.name ?? 'One file'] } : { ...NOTHING, files: [file] }
    }),
  ).then(together)
}

/** What people chose, without what the system keeps beside it. */
export function ofPeople(files: Iterable<File>): File[] {
  return [...files].filter((file) => !file.name.startsWith('.') && !isSystemFile(file.webkitRelativePath || file.name))
}

const NOTHING: Dropped = { files: [], empty: [], unread: [] }

function together(all: readonly Dropped[]): Dropped {
  return {
    files: all.flatMap(({ files }) => files),
    empty: all.flatMap(({ empty }) => empty),
    unread: all.flatMap(({ unread }) => unread),
  }
}

/** Of one that has files, what is empty within it is no matter. */
async function ofFolder(folder: FileSystemDirectoryEntry): Promise<Dropped> {
  const { files, unread } = await inFolder(folder, folder.name)
  const people = ofPeople(files)
  return { files: people, unread, empty: people.length + unread.length === 0 ? [folder.name] : [] }
}

async function inFolder(folder: FileSystemDirectoryEntry, path: string): Promise<Dropped> {
  const reader = folder.createReader()
  const found: Dropped[] = []
  // It gives some entries at a time, and none when it has given all.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    ).catch(() => null)
    if (entries === null) return together([...found, { ...NOTHING, unread: [folder.name] }])
    if (entries.length === 0) return together(found)
    found.push(...(await Promise.all(entries.map((entry) => inEntry(entry, path)))))
  }
}

async function inEntry(entry: FileSystemEntry, path: string): Promise<Dropped> {
  if (entry.isDirectory && isSystemFolder(entry.name)) return NOTHING
  if (entry.isDirectory) return await inFolder(entry as FileSystemDirectoryEntry, `${path}/${entry.name}`)
  try {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    dropped.set(file, path)
    return { ...NOTHING, files: [file] }
  } catch {
    return { ...NOTHING, unread: [entry.name] }
  }
}
