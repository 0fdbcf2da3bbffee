import { describe } from 'node:test'
import s3 from '@holdall/storage-s3'
import type { StorageType } from 'holdall/plugin'
import { storageContract } from 'holdall/testing'
import { makeBucket, skipS3 } from './support/ceph.ts'

const { storages = [] } = await s3({})
const [type] = storages as readonly StorageType[]

const lines: string[] = []
const log = { info: say, warn: say, error: say }
function say(event: string): void {
  lines.push(event)
}

describe('a bucket of Ceph', { skip: skipS3 }, () => {
  const listed = process.env.HOLDALL_TEST_LONG ? 10_000 : 1_200
  storageContract(
    async () => {
      const bucket = await makeBucket('contract')
      const config = type?.config.parse({ ...bucket.config, prefix: 'some/prefix' })
      const storage = await type?.create(config, { log, fetch, getSecret: async () => undefined })
      if (storage === undefined) throw new Error('There is no storage type')
      return {
        storage,
        fetch,
        leftovers: async () => (await bucket.uploads()).map(({ key }) => `an upload of ${key}`),
        remove: bucket.remove,
      }
    },
    { listed },
  )
})
