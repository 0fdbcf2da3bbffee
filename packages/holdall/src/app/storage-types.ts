import { type BeforeIo, unwatched } from '../sources/filesystem/io.ts'
import { filesystemType } from '../sources/filesystem/storage.ts'
import { httpType } from '../sources/http/storage.ts'
import type { StorageType } from '../sources/storage.ts'

/** What a source's `storage` may name without any plugin. */
export function storageTypes(before: BeforeIo = unwatched): readonly StorageType[] {
  return [filesystemType({ before }), httpType()] as readonly StorageType[]
}
