import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DatasetStatus } from '@holdall/client'
import { whyNot } from './magic.ts'
import { sentTime, stepsOf } from './steps.ts'

const AT = Date.parse('2026-03-21T10:00:00.000Z')
const at = (seconds: number) => new Date(AT + seconds * 1_000).toISOString()
const LOG = [
  { step: 'combine', phase: 'start', started_at: at(98), status: 'running' },
  { step: 'combine', phase: 'end', finished_at: at(104), status: 'ok' },
  { step: 'infer', phase: 'start', started_at: at(104), status: 'running' },
]

function session(more: Partial<DatasetStatus>): DatasetStatus {
  const nothing = { parquet_schema_preview: null, table_name: null, glue_table_name: null, glue_database_name: null }
  return {
    ...nothing,
    ...{ mode: 'create', batch_id: null, differences: null, waits_for: null },
    upload_id: 'u',
    filename: 'visits.parquet',
    total_size: 10,
    bytes_received: 10,
    part_count: 1,
    created_at: at(0),
    updated_at: at(104),
    is_own: true,
    status: 'completing',
    completion_status: 'inferring',
    dataset_id: 'd',
    failure_reason: null,
    retryable: false,
    completion_steps_log: LOG,
    ...more,
  }
}

const shown = (one: DatasetStatus | null, now = AT + 107_000) =>
  stepsOf(one, 'visits.parquet', now).map(({ state, time }) => `${state} ${time === null ? '–' : time / 1_000}`)

describe('the steps of an upload', () => {
  test('while it is sent none has begun', () => assert.deepEqual(shown(null), ['wait –', 'wait –', 'wait –']))

  test('what runs has its time so far, what is done has what it took', () => {
    assert.deepEqual(shown(session({})), ['done 6', 'now 3', 'wait –'])
    assert.equal(sentTime(session({})), 98_000)
  })

  test('between two steps the next one counts', () => {
    assert.deepEqual(shown(session({ completion_status: 'combined' })), ['done 6', 'now 3', 'wait –'])
    assert.deepEqual(shown(session({ completion_status: 'inferred' })), ['done 6', 'done –', 'now –'])
  })

  test('a failure stands at its step; one that nobody can place stands at the first', () => {
    const failure_reason = { step: 'infer', exc_str: 'no', at: at(105) }
    const log = [...LOG, { step: 'infer', phase: 'end', finished_at: at(105), status: 'failed' }]
    const failed = session({ status: 'failed', completion_status: 'failed', failure_reason, completion_steps_log: log })
    assert.deepEqual(shown(failed), ['done 6', 'bad 1', 'wait –'])
    assert.deepEqual(shown({ ...failed, failure_reason: null, completion_steps_log: [] }), [
      'bad –',
      'wait –',
      'wait –',
    ])
  })

  test('a clock that is late makes no time negative, and a log of another shape has no times', () => {
    assert.deepEqual(shown(session({}), AT), ['done 6', 'now 0', 'wait –'])
    const strange = [{ step: 'combine', started_at: 'yesterday' }, {}]
    assert.deepEqual(shown(session({ completion_steps_log: strange })), ['done –', 'now –', 'wait –'])
    assert.equal(sentTime(session({ completion_steps_log: strange })), null)
  })

  test('registered is the end of all', () => {
    assert.deepEqual(shown(session({ status: 'completed', completion_status: 'registered' })), [
      'done 6',
      'done –',
      'done –',
    ])
  })
})

test('a file that cannot be Parquet is known by its first and last bytes', async () => {
  const said = (text: string) => whyNot(new File([text], 'visits.parquet'))
  assert.equal(await said('PAR1 … PAR1'), null)
  assert.equal(await said('PARE … PARE'), null, 'encrypted: the server says so')
  assert.match((await said('id,name\n1,Lantern\n')) ?? '', /first 4 bytes are not “PAR1”/)
  assert.match((await said('PAR1 … and then the download ended')) ?? '', /last 4 bytes are not “PAR1”/)
  assert.match((await said('PA')) ?? '', /not a Parquet file/)
  assert.match((await said('')) ?? '', /empty/)
})

test('what becomes Parquet on the way in goes through a step more, which is known before it is sent', () => {
  const states = (one: DatasetStatus | null) =>
    stepsOf(one, 'visits.csv', AT).map(({ name, state }) => `${name} ${state}`)
  assert.deepEqual(states(null), ['combine wait', 'convert wait', 'infer wait', 'register wait'])
  const converting = session({ format: 'csv', completion_status: 'converting' })
  assert.deepEqual(states(converting), ['combine done', 'convert now', 'infer wait', 'register wait'])
  assert.deepEqual(states({ ...converting, completion_status: 'converted' }).slice(1, 3), ['convert done', 'infer now'])
  const failure_reason = { step: 'convert', exc_str: 'no', at: at(105) }
  assert.deepEqual(states({ ...converting, status: 'failed', failure_reason }).slice(0, 3), [
    ...['combine done', 'convert bad', 'infer wait'],
  ])
})

test('what nothing can become of is known before it is sent', async () => {
  const said = async (name: string, text: string) => (await whyNot(new File([text], name))) ?? 'sent'
  assert.equal(await said('visits.csv', 'id,name\n'), 'sent')
  assert.equal(await said('visits.JSON', '[]'), 'sent')
  assert.equal(await said('visits.xlsx', 'PK\x03\x04 …'), 'sent')
  assert.match(await said('visits.xlsx', 'id,name\n'), /no Excel file/)
  assert.match(await said('visits.csv', 'PAR1 … PAR1'), /end in \.parquet/)
  assert.match(await said('photo.jpg', 'JFIF'), /Parquet, CSV, TSV, NDJSON, JSON and Excel/)
  assert.equal(await said('without-an-ending', 'PAR1 … PAR1'), 'sent')
})
