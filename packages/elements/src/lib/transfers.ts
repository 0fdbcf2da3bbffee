import {
  ONE_REQUEST,
  type ServerTarget,
  type StoredFile,
  startUpload,
  type Transfer,
  type UnfinishedUpload,
  type UploadProgress,
  type UploadTarget,
  unfinished,
} from '@holdall/client'
import type { UploadPlace } from './elsewhere.ts'

/** What is heard of an upload while it goes on. */
export interface Heard {
  onProgress(progress: UploadProgress): void
  /** The server has all of it, and goes on whether this page stays or not. */
  handedOver(): void
}

/** How files are sent, and where to. */
export interface Transfers<Result> {
  place(): UploadPlace
  /** bytes; of a larger file what was sent is kept when it stops */
  readonly wholeUpTo: number
  start(file: File, heard: Heard): Transfer<Result>
}

/** What was begun at a place, and who is asked about it. */
export interface Begun {
  place(): UploadPlace
  server(): ServerTarget
  /** Newest first. */
  open(): Promise<readonly UnfinishedUpload[]>
}

/** Into a source. */
export function fileTransfers(target: () => UploadTarget): Transfers<StoredFile> & Begun {
  return {
    place: target,
    server: target,
    wholeUpTo: ONE_REQUEST,
    start: (file, { onProgress }) => startUpload(file, target(), { onProgress }),
    open: () => unfinished(target()),
  }
}
