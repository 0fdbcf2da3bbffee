/** Files that systems put into folders for themselves. */
const OF_THE_SYSTEM = /^(?:\.|Thumbs\.db$|desktop\.ini$)/i

/**
 * The files of a drop, those inside its folders included. It must be called while the event is handled; what it
 * promises comes later.
 */
export function filesInside(transfer: DataTransfer | null): Promise<File[]> {
  const items = [...(transfer?.items ?? [])].filter((item) => item.kind === 'file')
  // A transfer is empty as soon as its event has been handled.
  const taken = items.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }))
  return Promise.all(
    taken.map(({ entry, file }) =>
      entry?.isDirectory ? inFolder(entry as FileSystemDirectoryEntry) : file ? [file] : [],
    ),
  ).then((lists) => lists.flat())
}

/** What people chose, without what the system keeps beside it. */
export function ofPeople(files: Iterable<File>): File[] {
  return [...files].filter((file) => !OF_THE_SYSTEM.test(file.name))
}

async function inFolder(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader()
  const files: File[] = []
  // It gives some entries at a time, and none when it has given all.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (entries.length === 0) return ofPeople(files)
    const lists = await Promise.all(
      entries.map(async (entry) =>
        entry.isDirectory
          ? inFolder(entry as FileSystemDirectoryEntry)
          : [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))],
      ),
    )
    files.push(...lists.flat())
  }
}
