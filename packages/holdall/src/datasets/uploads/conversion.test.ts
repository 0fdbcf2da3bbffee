import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { datasetClient, type Session } from './test-client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const CSV = Buffer.from('id,gallery,code\n1,North,007\n2,"South\nwing",010\n')

describe('files that are made into Parquet on the way in', () => {
  let server: TestServer
  let client: ReturnType<typeof datasetClient>
  before(async () => {
    server = await startTestServer()
    client = datasetClient(server)
  })
  after(() => server.close())

  const datasets = () => server.database.read.selectFrom('datasets').selectAll().execute()

  test('CSV goes through a step of its own, and what was sent is kept beside the table', async () => {
    const plan = await client.upload(CSV, { filename: 'visits.csv' })
    const ended: Session = await client.ended(plan.upload_id)
    assert.equal(ended.status, 'completed', JSON.stringify(ended))
    assert.deepEqual(
      ended.completion_steps_log.map(({ step, phase, status }: Session) => `${step} ${phase} ${status}`),
      ['combine', 'convert', 'infer', 'register'].flatMap((step) => [`${step} start running`, `${step} end ok`]),
    )
    const [dataset] = await datasets()
    assert.equal(dataset?.source_type, 'multipart_csv_upload')
    const [stored = '', part = ''] = await server.stored()
    assert.equal(stored, plan.s3_key)
    assert.match(stored, /\/original\/[0-9a-z]{26}\.csv$/)
    assert.match(part, /\/v1\/data\/part-[0-9a-z]{26}\.parquet$/)
  })

  test('what cannot be converted says why at its step, and nothing of it stays', async () => {
    const kept = await server.stored()
    const plan = await client.upload(Buffer.from('a,b\n1,2\n3,4,5\n'), { filename: 'ragged.csv' })
    const ended = await client.ended(plan.upload_id)
    assert.deepEqual([ended.status, ended.failure_reason.step, ended.retryable], ['failed', 'convert', false])
    assert.equal(
      ended.error,
      'No table can be made of this CSV file: line 3 has 3 values where the others have 2: 3,4,5.',
    )
    assert.deepEqual(await server.stored(), kept)
  })

  test('a process that converts and is killed is followed by another, and nothing is there twice', async () => {
    const kept = await server.stored()
    const rows = Array.from({ length: 300_000 }, (_, n) => `${n},name ${n % 100},${n / 4}`)
    const content = Buffer.from(`id,name,value\n${rows.join('\n')}\n`)
    const plan = await client.upload(content, { filename: 'long.csv' })
    await client.until(plan.upload_id, ({ completion_status }) => completion_status === 'converting')
    const pid = await converting()
    process.kill(pid, 'SIGKILL')
    const ended = await client.ended(plan.upload_id)
    assert.equal(ended.status, 'completed', JSON.stringify(ended))
    assert.equal(ended.parquet_schema_preview.row_count, 300_000)
    const begun = ended.completion_steps_log.find(({ step, phase }: Session) => step === 'convert' && phase === 'start')
    assert.equal(begun.attempts, 2)
    assert.equal((await server.stored()).length, kept.length + 2)
    assert.deepEqual(await readdir(join(server.folder, 'conversions', 'files')), [])
  })
})

/** The process of this one that converts. */
async function converting(): Promise<number> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(5)) {
    const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')
    for (const pid of children.trim().split(' ').filter(Boolean)) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (command.includes('convert/child')) return Number(pid)
    }
  }
  return assert.fail('nothing converts')
}
