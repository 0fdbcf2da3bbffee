import type { StoredFile } from '../storage.ts'

/** A file of another server: where it is, and what is known of it without asking for it. */
export interface RemoteFile {
  readonly path: string
  readonly url: string
  /** Whatever was told where the file is named; without a size the file itself is asked. */
  readonly told: Omit<StoredFile, 'path' | 'size'> & { readonly size?: number }
}

/** Which files there are. */
export interface Catalog {
  /** `undefined` when it names no such file. */
  find(path: string, signal?: AbortSignal): Promise<RemoteFile | undefined>
  /** All files by path. @param anew whether what is known from before is not enough */
  all(anew: boolean, signal?: AbortSignal): Promise<readonly RemoteFile[]>
}

export function byPath(a: RemoteFile, b: RemoteFile): number {
  return a.path < b.path ? -1 : 1
}
