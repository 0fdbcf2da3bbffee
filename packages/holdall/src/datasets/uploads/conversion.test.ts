import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { THIS_PROCESS } from '../../sources/process.ts'
import { until } from '../../uploads/test-crash.ts'
import { xlsx } from '../convert/test-xlsx.ts'
import { createConvertObject } from './convert.ts'
import { createProbe } from './probe.ts'
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
    // Who follows it hears of the end before what was sent is removed.
    await until(async () => (await server.stored()).length === kept.length)
    assert.deepEqual(await server.stored(), kept)
  })

  test('of an Excel file the sheet is read that is asked for; a wrong name is answered with all of them', async () => {
    const content = xlsx([
      { name: 'Notes', rows: [['about'], ['this']], hidden: true },
      { name: 'Empty', rows: [] },
      {
        name: 'Visits',
        rows: [
          ['id', 'name'],
          [1, 'a'],
          [2, 'b'],
        ],
      },
      { name: 'Totals', rows: [['sum'], [3]] },
    ])
    const names = ['Notes', 'Empty', 'Visits', 'Totals'].map((name) => ({ name, hidden: name === 'Notes' }))
    const sheetOf = async (sheet?: string) =>
      await client.ended((await client.upload(content, { filename: 'visits.xlsx', ...(sheet && { sheet }) })).upload_id)
    const first = await sheetOf()
    assert.deepEqual([first.status, first.conversion.sheet, first.sheets], ['completed', 'Visits', names])
    assert.match(
      first.conversion.warnings[0].message,
      /“Visits” was read; “Notes” \(hidden\), “Empty” and “Totals” were not\./,
    )
    const original = server.database.read.selectFrom('dataset_files').select('sheets').where('role', '=', 'original')
    const kept = await original.where('upload_id', '=', first.upload_id).executeTakeFirstOrThrow()
    assert.deepEqual(JSON.parse(kept.sheets ?? ''), { read: 'Visits', all: names }, 'for long after the session')
    const wrong = await sheetOf('Visit')
    assert.deepEqual([wrong.status, wrong.retryable, wrong.sheets], ['failed', true, names])
    assert.equal(
      wrong.error,
      'No table can be made of this Excel file: it has no sheet “Visit”. Its sheets are “Notes” (hidden), “Empty”, “Visits” and “Totals”. Choose another sheet.',
    )
    const retry = (body: object) => client.call(`/${wrong.upload_id}/retry`, { method: 'POST', body })
    assert.equal((await retry({ sheet: 7 })).status, 400)
    assert.equal((await retry({ sheet: 'Empty' })).status, 202)
    assert.match((await client.ended(wrong.upload_id)).error, /its sheet “Empty” is empty/)
    assert.equal((await retry({ sheet: ' totals' })).status, 202)
    const ended = await client.ended(wrong.upload_id)
    assert.deepEqual(
      [ended.status, ended.conversion?.sheet, ended.parquet_schema_preview?.columns],
      ['completed', 'Totals', ['sum']],
      JSON.stringify(ended),
    )
    const csv = { filename: 'a.csv', total_size: 3, sheet: 'Visits' }
    assert.equal((await client.call('/init', { method: 'POST', body: csv })).status, 400)
  })

  test('of an Excel file with several sheets a dataset is called like its sheet as well, where that was chosen or the name is taken', async () => {
    const sheet = (name: string) => ({ name, rows: [['id'], [1]] })
    const rates = xlsx([sheet('Cover'), sheet('Rates'), sheet('Old/2023')])
    async function nameOf(content: Uint8Array, filename: string, asked?: string): Promise<string | undefined> {
      const { upload_id } = await client.upload(content, { filename, ...(asked && { sheet: asked }) })
      const { status, error } = await client.ended(upload_id)
      assert.equal(status, 'completed', error)
      const { dataset_id } = await client.ended(upload_id)
      return (await datasets()).find(({ id }) => id === dataset_id)?.filename
    }
    assert.equal(await nameOf(rates, 'workbook.xlsx', 'Rates'), 'workbook Rates.xlsx')
    assert.equal(await nameOf(rates, 'workbook.xlsx'), 'workbook.xlsx')
    assert.equal(await nameOf(rates, 'workbook.xlsx'), 'workbook Cover.xlsx')
    assert.equal(await nameOf(rates, 'workbook.xlsx', 'Old/2023'), 'workbook Old 2023.xlsx')
    const alone = xlsx([sheet('Rates')])
    assert.equal(await nameOf(alone, 'alone.xlsx', 'Rates'), 'alone.xlsx')
    assert.equal(await nameOf(alone, 'alone.xlsx'), 'alone.xlsx')
    const files = server.database.read.selectFrom('dataset_files').select('filename').where('role', '=', 'original')
    const sent = (await files.execute()).filter(({ filename }) => filename.startsWith('workbook'))
    assert.deepEqual(
      sent.map(({ filename }) => filename),
      Array(4).fill('workbook.xlsx'),
      'it is downloaded as it was sent',
    )
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

test('copies that a dead process has left go when the next one begins, and no others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdall-copies-'))
  const dead = THIS_PROCESS.replace(/\d+$/, '1')
  const begin = [
    () => createConvertObject({ convert: () => assert.fail('it converts') }, folder),
    () => createProbe({ engine: { probe: () => assert.fail('it probes') }, folder }),
  ]
  for (const one of begin) {
    for (const owner of [dead, THIS_PROCESS]) await writeFile(join(folder, `${owner}.a`), 'a copy')
    one()
    await until(async () => (await readdir(folder)).length === 1)
    assert.deepEqual(await readdir(folder), [`${THIS_PROCESS}.a`])
  }
  await rm(folder, { recursive: true })
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
