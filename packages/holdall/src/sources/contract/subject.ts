import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { ListedPage, ListOptions, Storage, WriteOptions, WrittenFile } from '../storage.ts'
import { bytes, hashOf, inChunks } from './bodies.ts'

/** A storage made for the contract alone, empty at first. */
export interface StorageUnderTest {
  readonly storage: Storage
  /** What is stored beside the files: temporary files, unfinished uploads. Each as something that a person understands. */
  leftovers?(): Promise<readonly string[]>
  /** Removes everything; called once at the end, after the storage was closed. */
  remove?(): Promise<void>
}

export type MakeStorage = () => Promise<StorageUnderTest>

export interface Subject {
  readonly storage: Storage
  write(path: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<WrittenFile>
  delete(path: string): Promise<void>
  list(options?: ListOptions): Promise<ListedPage>
  leftovers(): Promise<readonly string[]>
  /** Writes `length` bytes and looks at what the storage says of them. */
  put(path: string, length: number, seed?: number): Promise<Buffer>
  /** A path that no other test uses. */
  fresh(name?: string): string
}

let used = 0

/** Makes the storage before the tests of the surrounding suite and takes it down after them. */
export function subjectOf(makeStorage: MakeStorage): Subject {
  let made: StorageUnderTest | undefined
  before(async () => {
    made = await makeStorage()
  })
  after(async () => {
    await made?.storage.close?.()
    await made?.remove?.()
  })
  function underTest(): StorageUnderTest {
    assert.ok(made, 'the storage was made')
    return made
  }
  const subject: Subject = {
    get storage() {
      return underTest().storage
    },
    write: (path, body, options) => need(underTest().storage.write)(path, body, options),
    delete: (path) => need(underTest().storage.delete)(path),
    list: (options) => need(underTest().storage.list)(options),
    leftovers: async () => (await underTest().leftovers?.()) ?? [],
    async put(path, length, seed) {
      const body = bytes(length, seed)
      const written = await subject.write(path, inChunks(body))
      assert.deepEqual(written, { path, size: length, contentHash: hashOf(body) })
      return body
    },
    fresh(name = 'file.bin') {
      used += 1
      return `${used.toString().padStart(8, '0')}/${name}`
    },
  }
  return subject
}

function need<Member>(member: Member | undefined): Member {
  assert.ok(member !== undefined, 'the storage has this capability')
  return member
}
