import { buildCheckout } from '../tools/build.ts'
import { ceph } from '../tools/services/ceph.ts'
import { pyarrow } from '../tools/services/pyarrow.ts'
import { startS3 } from '../tools/services/s3.ts'
import { prepareServices, type Service } from '../tools/services/service.ts'
import { awscli, curl, rclone } from '../tools/services/uploaders.ts'
import { benchBatch } from './batch.ts'
import { benchComplete } from './complete.ts'
import { benchFooters } from './footers.ts'
import { benchQueries } from './queries.ts'
import { benchSearch } from './search.ts'
import { benchSlowUploads } from './slow-uploads.ts'
import { formatRows, type Row } from './support/table.ts'
import { benchTablePages } from './table-pages.ts'
import { benchThumbnails } from './thumbnails.ts'
import { benchUpload, benchUploadMemory } from './uploads.ts'

const FULL = !process.argv.includes('--short')
const LONG = process.argv.includes('--long')

const BENCHMARKS: Readonly<Record<string, () => Promise<Row[]>>> = {
  P1: () => (FULL ? benchUpload(1024, 3) : benchUpload(128, 1)),
  P2: () =>
    benchUploadMemory(
      FULL
        ? [
            { megabytes: 1024, atOnce: 1, seconds: 0 },
            { megabytes: 1024, atOnce: 8, seconds: 10 },
            { megabytes: 128, atOnce: 64, seconds: 20 },
            { megabytes: 1024, atOnce: 8, seconds: 10, form: true },
            { megabytes: 128, atOnce: 64, seconds: 20, form: true },
          ]
        : [{ megabytes: 64, atOnce: 8, seconds: 3 }],
    ),
  P3: () => directUpload(FULL ? 1024 : 128, FULL ? 4 : 1),
  P4: () =>
    benchComplete([
      { parts: 1, times: FULL ? 200 : 50 },
      { parts: 10_000, times: FULL ? 200 : 30 },
    ]),
  P5: () => footers(),
  // With it P11: the same files, the same start.
  P6: () =>
    LONG
      ? benchSearch(10_000_000, 20, { p50: 500, p99: 500 })
      : benchSearch(FULL ? 1_000_000 : 100_000, 20, { p50: 15, p99: 50 }),
  P7: () => benchTablePages(FULL ? 10 : 3),
  P8: () => benchBatch(FULL ? 10 : 3),
  P9: async () => (await import('./sync.ts')).benchSync(FULL ? 1_000_000 : 100_000),
  'P9-S3': () => bucketSync(FULL ? 100_000 : 5_000),
  P10: () => benchThumbnails(FULL ? 100 : 20),
  P13: () => benchQueries(FULL ? 100_000_000 : 10_000_000, FULL ? 9 : 5),
  // Longer than five minutes each, so that no time limit of ours is shorter than a slow line is patient.
  P12: () => (LONG ? benchSlowUploads(1_000, 320) : benchSlowUploads(FULL ? 1_000 : 200, 20)),
}

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const rows: Row[] = []
await buildCheckout()
for (const [name, run] of Object.entries(BENCHMARKS)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  process.stderr.write(`${name} …\n`)
  rows.push(...(await run()))
}
process.stdout.write(formatRows(rows))

/** Without pyarrow the others are beside us. */
async function footers(): Promise<Row[]> {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  const { env } = await prepareServices([pyarrow], { system: false, say })
  const small = { rowGroups: 500, columns: 50 }
  const large = { rowGroups: 3_000, columns: 100 }
  return await benchFooters(FULL ? [small, large] : [small], FULL ? 9 : 3, env[pyarrow.variable])
}

async function directUpload(megabytes: number, rounds: number): Promise<Row[]> {
  return await withS3([awscli, rclone, curl], async (endpoint, env) => {
    // They ask for the server's address when they are loaded.
    const { benchDirectUpload } = await import('./direct-uploads.ts')
    const { benchResumedUpload } = await import('./resumed-upload.ts')
    const [aws, copy, limit] = [awscli, rclone, curl].map(({ variable }) => env[variable])
    return [
      ...(await benchDirectUpload(megabytes, rounds, { endpoint, aws, rclone: copy, curl: limit })),
      ...(await benchResumedUpload(megabytes, rounds, endpoint)),
    ]
  })
}

async function bucketSync(keys: number): Promise<Row[]> {
  return await withS3([], async () => (await import('./sync.ts')).benchBucketSync(keys))
}

/** Brings the S3 server and the programs that are run beside; without a server there is nothing to measure. */
async function withS3(
  peers: readonly Service[],
  work: (endpoint: string, env: Readonly<Record<string, string | undefined>>) => Promise<Row[]>,
): Promise<Row[]> {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  const { env } = await prepareServices([ceph, ...peers], { system: true, say })
  if (env.HOLDALL_TEST_S3 === undefined && process.env.HOLDALL_TEST_S3 === undefined && !env[ceph.variable]) return []
  const own = process.env.HOLDALL_TEST_S3 === undefined ? await startS3() : undefined
  process.env.HOLDALL_TEST_S3 ??= own?.endpoint
  try {
    return await work(process.env.HOLDALL_TEST_S3 ?? '', env)
  } finally {
    await own?.close()
  }
}
