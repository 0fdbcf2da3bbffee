import { makeBucket, skipS3, type TestBucket } from './support/ceph.ts'
import { conversionKills, datasetKills, type World } from './support/dataset-kills.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const PREFIX = 'k/'

datasetKills('a bucket', makeS3, skipS3)
conversionKills('a bucket', makeS3, skipS3)

async function makeS3(): Promise<World> {
  const bucket: TestBucket = await makeBucket('dataset-kill')
  return {
    source: { storage: 's3', sync: 'manual', hash: 'none', config: { ...bucket.config, prefix: PREFIX } },
    every: LONG ? 1 : 10,
    leastKills: LONG ? 200 : 6,
    objects: async () => (await bucket.keys()).map((key) => key.slice(PREFIX.length)).sort(),
    read: (path) => bucket.get(PREFIX + path),
    unfinished: async () => (await bucket.uploads()).map(({ key }) => key),
    remove: bucket.remove,
  }
}
