/** Files that systems put into folders for themselves. */
const OF_THE_SYSTEM = /^(?:\.|Thumbs\.db$|desktop\.ini$)/i

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
  return [...files].filter((file) => !OF_THE_SYSTEM.test(file.name))
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
  const { files, unread } = await inFolder(folder)
  const people = ofPeople(files)
  return { files: people, unread, empty: people.length + unread.length === 0 ? [folder.name] : [] }
}

async function inFolder(folder: FileSystemDirectoryEntry): Promise<Dropped> {
  const reader = folder.createReader()
  const found: Dropped[] = []
  // It gives some entries at a time, and none when it has given all.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    ).catch(() => null)
    if (entries === null) return together([...found, { ...NOTHING, unread: [folder.name] }])
    if (entries.length === 0) return together(found)
    found.push(...(await Promise.all(entries.map(inEntry))))
  }
}

async function inEntry(entry: FileSystemEntry): Promise<Dropped> {
  if (entry.isDirectory) return await inFolder(entry as FileSystemDirectoryEntry)
  try {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    return { ...NOTHING, files: [file] }
  } catch {
    return { ...NOTHING, unread: [entry.name] }
  }
}
