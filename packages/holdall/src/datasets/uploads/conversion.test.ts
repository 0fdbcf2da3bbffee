import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
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
})
