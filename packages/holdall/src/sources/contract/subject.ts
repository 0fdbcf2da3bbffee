import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { ListedPage, ListOptions, Storage, WriteOptions, WrittenFile } from '../storage.ts'
import { bytes, collect, hashOf, inChunks } from './bodies.ts'

/** A storage made for the contract alone, empty at first. */
export interface StorageUnderTest {
  readonly storage: Storage
  /** What is stored beside the files: temporary files, unfinished uploads. Each as something that a person understands. */
  leftovers?(): Promise<readonly string[]>
  /** What clients reach the storage with, such as the global `fetch`; needed where it gives out addresses to send to. */
  readonly fetch?: typeof fetch
  /** Another way to the files of a storage that cannot be written. */
  readonly behind?: {
    put(path: string, body: Uint8Array): Promise<void>
    delete(path: string): Promise<void>
  }
  /** Removes everything; called once at the end, after the storage was closed. */
  remove?(): Promise<void>
}

export type MakeStorage = () => Promise<StorageUnderTest>

export interface Subject {
  readonly storage: Storage
  write(path: string, body: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<WrittenFile>
  delete(path: string): Promise<void>
  readonly canDelete: boolean
  list(options?: ListOptions): Promise<ListedPage>
  leftovers(): Promise<readonly string[]>
  /** Writes `length` bytes and looks at what the storage says of them. */
  put(path: string, length: number, seed?: number): Promise<Buffer>
  /** A path that no other test uses. */
  fresh(name?: string): string
  /** For bytes that no other test has. */
  seed(): number
  /** What a client sends with. */
  readonly fetch: typeof fetch
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
    async write(path, body, options) {
      const { storage, behind } = underTest()
      if (behind === undefined) return await need(storage.write)(path, body, options)
      const whole = await collect(body)
      await behind.put(path, whole)
      return { path, size: whole.byteLength, contentHash: hashOf(whole) }
    },
    async delete(path) {
      const { storage, behind } = underTest()
      await (behind === undefined ? need(storage.delete)(path) : behind.delete(path))
    },
    get canDelete() {
      const { storage, behind } = underTest()
      return storage.delete !== undefined || behind !== undefined
    },
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
    seed() {
      used += 1
      return used
    },
    get fetch() {
      const { fetch: own } = underTest()
      assert.ok(own, 'a storage that gives out addresses to send to is tested with a fetch')
      return own
    },
  }
  return subject
}

function need<Member>(member: Member | undefined): Member {
  assert.ok(member !== undefined, 'the storage has this capability')
  return member
}
