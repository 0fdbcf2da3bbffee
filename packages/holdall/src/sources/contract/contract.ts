import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { capabilitiesOf } from '../capabilities.ts'
import { copyingTests } from './copying.ts'
import { deletingTests } from './deleting.ts'
import { directTests } from './direct.ts'
import { watchLeaks } from './leaks.ts'
import { listingTests } from './listing.ts'
import { multipartTests } from './multipart.ts'
import { multipartFaultTests } from './multipart-faults.ts'
import { readingTests } from './reading.ts'
import { type MakeStorage, subjectOf } from './subject.ts'
import { writingTests } from './writing.ts'

export interface ContractOptions {
  /** For a storage that cannot be written, whose files come to it `behind` its back: reading and listing alone. */
  readonly readOnly?: boolean
  /** How many files are listed; fewer where each costs a request. */
  readonly listed?: number
}

const LISTED = 10_000

/**
 * What every storage must do, as tests for `node:test`.
 *
 * @param makeStorage makes an empty storage; it is called several times
 * @example
 * storageContract(async () => ({ storage: await myType.create(config, context) }))
 */
export function storageContract(
  makeStorage: MakeStorage,
  { readOnly = false, listed = LISTED }: ContractOptions = {},
): void {
  describe('storage contract', () => {
    test('its capabilities are its members', async () => {
      const { storage, remove } = await makeStorage()
      const said = capabilitiesOf(storage)
      assert.equal(said.can_upload, storage.write !== undefined)
      assert.equal(said.can_upload, !readOnly)
      assert.equal(said.can_delete, storage.delete !== undefined)
      assert.equal(said.requires_proxy_download, storage.downloadUrl === undefined)
      await storage.close?.()
      await remove?.()
    })

    test('made and closed, it holds nothing open', async () => {
      const check = await watchLeaks()
      for (let time = 0; time < 3; time += 1) {
        const { storage, remove } = await makeStorage()
        await storage.stat('nothing')
        await storage.close?.()
        await remove?.()
      }
      await check()
    })

    describe('reading', () => readingTests(subjectOf(makeStorage)))
    if (!readOnly) {
      describe('writing', () => writingTests(subjectOf(makeStorage)))
      describe('files in parts', () => multipartTests(subjectOf(makeStorage)))
      describe('files in parts that go wrong', () => multipartFaultTests(subjectOf(makeStorage)))
      describe('files from clients themselves', () => directTests(subjectOf(makeStorage)))
      describe('copying', () => copyingTests(subjectOf(makeStorage)))
      describe('deleting', () => deletingTests(subjectOf(makeStorage)))
    }
    describe('listing', () => listingTests(subjectOf(makeStorage), listed))
  })
}
