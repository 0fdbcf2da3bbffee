import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createLog } from '../../web/log.ts'
import { openTestFolder, type TestFolder } from '../engine/test-duckdb.ts'
import { type DuckDb, startDuckDb } from '../footer/test-duckdb.ts'
import { changesOf } from '../joining/changes.ts'
import { asItWas, historyOf } from '../joining/history.ts'
import { unjoin } from '../joining/join.ts'
import { takeOut } from '../joining/taking-out.ts'
import { underWayNotices } from '../joining/under-way.ts'
import { additionsOf, makeCurrent, olderVersions } from '../joining/versions.ts'
import { type Dataset, findDataset, restoreDataset, trashDataset } from '../records.ts'
import { createDatasetTrash } from '../trash/trash.ts'
import { datasetClient, type Init, type Session } from './test-client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** The lease of the one that died has run out. */
const LEASE_MS = 20_000
const MONTH_MS = 30 * 86_400_000

describe('files that are sent to a dataset that is there', () => {
  let server: TestServer
  let client: ReturnType<typeof datasetClient>
  let files: TestFolder
  let duck: DuckDb
  let seq: number
  before(async () => {
    server = await startTestServer()
    client = datasetClient(server)
    files = await openTestFolder()
    duck = await startDuckDb()
    seq = await server.database.read
      .selectFrom('collections')
      .select('seq')
      .where('id', '=', 'medicaid')
      .executeTakeFirstOrThrow()
      .then((row) => row.seq)
  })
  // Also where the first of them is all that was opened.
  after(async () => {
    await server?.close()
    await files?.remove()
    duck?.close()
  })

  let written = 0
  /** The bytes of a Parquet file of what the SELECT gives. */
  async function parquet(select: string): Promise<Buffer> {
    written += 1
    return readFileSync(await files.parquet(`${written}.parquet`, select))
  }

  const ROWS = "SELECT i AS id, i * 2 AS visits, date '2026-01-01' + i::INTEGER AS day FROM range(100) t(i)"

  async function made(select = ROWS): Promise<string> {
    const plan = await client.upload(await parquet(select))
    assert.equal((await client.ended(plan.upload_id)).status, 'completed')
    return plan.dataset_id
  }

  async function sent(select: string, more: object): Promise<Init> {
    return await client.upload(await parquet(select), more)
  }

  /** To the end of its steps, or until it waits for somebody. */
  const settled = (id: string) =>
    client.until(id, ({ status, waits_for }) => status !== 'completing' || waits_for !== null)

  async function dataset(id: string): Promise<Dataset> {
    return (await findDataset(server.database, seq, id)) as Dataset
  }

  /** What DuckDB says of the dataset's files must be what its row says. */
  async function assertAsDuckDb(id: string): Promise<Dataset> {
    const one = await dataset(id)
    const paths = one.files.map(({ path }) => `'${join(server.folder, 'files', path)}'`).join(', ')
    const from = `read_parquet([${paths}], union_by_name=true)`
    const described = await duck.rows(`DESCRIBE SELECT * FROM ${from}`)
    assert.deepEqual(
      one.columns.map(({ name, type }) => [name, type]),
      described.map(([name, type]) => [name, type]),
    )
    for (const { name, nullCount, min, max, type } of one.columns) {
      const column = `"${name.replaceAll('"', '""')}"`
      const [[nulls, least, greatest] = []] = await duck.rows(
        `SELECT count(*) - count(${column}), min(${column})::VARCHAR, max(${column})::VARCHAR FROM ${from}`,
      )
      assert.deepEqual([name, nullCount], [name, Number(nulls)])
      const bounds = type === 'DOUBLE' ? [Number(least), Number(greatest)].map(String) : [least, greatest]
      assert.deepEqual([name, min, max], [name, ...bounds])
    }
    const [[rows] = []] = await duck.rows(`SELECT count(*) FROM ${from}`)
    assert.equal(one.rowCount, Number(rows))
    assert.equal(
      one.rowCount,
      one.files.reduce((sum, file) => sum + (file.rowCount ?? 0), 0),
    )
    assert.equal(
      one.sizeBytes,
      one.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    )
    assert.equal(one.rowGroups.count, one.files.length)
    return one
  }

  async function assertNoOrphans(): Promise<void> {
    const rows = await server.database.read.selectFrom('dataset_files').select('path').execute()
    assert.deepEqual(await server.stored(), [...new Set(rows.map(({ path }) => path))].sort())
  }

  test('the same columns are added without a question, under another name in the place of the version', async () => {
    const id = await made()
    const plan = await sent(ROWS.replace('range(100)', 'range(100, 250)'), {
      mode: 'append',
      dataset_id: id.toUpperCase(),
    })
    assert.equal(plan.dataset_id, id)
    assert.match(plan.s3_key, new RegExp(`/datasets/${id}/uploads/${plan.upload_id}/part-[0-9a-z]{26}\\.parquet$`))
    const ended = await client.ended(plan.upload_id)
    assert.deepEqual(
      [ended.status, ended.completion_status, ended.mode, ended.dataset_id, ended.waits_for],
      ['completed', 'registered', 'append', id, null],
      JSON.stringify(ended),
    )
    assert.equal(ended.completion_steps_log.length, 6)
    assert.deepEqual(ended.differences, {
      ...{ same: 3, added: [], missing: [], changed: [], added_count: 0, missing_count: 0, changed_count: 0 },
      is_there: false,
    })
    const now = await assertAsDuckDb(id)
    assert.deepEqual([now.version, now.rowCount, now.files.length], [1, 250, 2])
    assert.ok(now.files.every(({ path }) => path.includes(`/datasets/${id}/v1/data/part-`)))
    assert.equal(now.files[1]?.uploadId, plan.upload_id)
    assert.equal((await client.complete(plan.upload_id)).status, 409)
    assert.equal((await client.abort(plan.upload_id)).status, 409)
    await assertNoOrphans()
  })

  test('what differs waits until somebody has seen it: columns that are new, missing, wider', async () => {
    const id = await made()
    const select =
      "SELECT i AS ID, (i / 3)::DOUBLE AS share, 'g' || i AS gallery, (i * 2)::TINYINT AS visits FROM range(10) t(i)"
    const plan = await sent(select, { mode: 'append', dataset_id: id })
    const waits = await settled(plan.upload_id)
    assert.deepEqual(
      [waits.status, waits.completion_status, waits.waits_for],
      ['completing', 'inferred', 'confirmation'],
    )
    assert.deepEqual(waits.differences, {
      same: 1,
      added: [
        { name: 'share', type: 'DOUBLE' },
        { name: 'gallery', type: 'VARCHAR' },
      ],
      missing: [{ name: 'day', type: 'DATE' }],
      changed: [{ name: 'visits', from: 'BIGINT', to: 'TINYINT', becomes: 'BIGINT' }],
      ...{ added_count: 2, missing_count: 1, changed_count: 1, is_there: false },
    })
    assert.equal((await dataset(id)).rowCount, 100, 'nothing is added before')
    const confirmed = await client.call(`/${plan.upload_id}/confirm`, { method: 'POST', body: {} })
    assert.equal(confirmed.status, 202, JSON.stringify(confirmed.body))
    assert.equal((await client.ended(plan.upload_id)).status, 'completed')
    const now = await assertAsDuckDb(id)
    assert.deepEqual(
      now.columns.map(({ name }) => name),
      ['id', 'visits', 'day', 'share', 'gallery'],
    )
    const again = await client.call(`/${plan.upload_id}/confirm`, { method: 'POST', body: {} })
    assert.deepEqual([again.status, again.body.completion_status], [409, 'registered'])
    await assertNoOrphans()
  })

  test('it is confirmed from the start by whoever says so, and cancelled it leaves nothing', async () => {
    const id = await made()
    const other = 'SELECT 1 AS another'
    const wanted = await sent(other, { mode: 'append', dataset_id: id, confirm: true })
    assert.equal((await client.ended(wanted.upload_id)).status, 'completed')
    assert.equal((await assertAsDuckDb(id)).rowCount, 101)
    const left = await sent('SELECT 2 AS yet_another', { mode: 'append', dataset_id: id })
    await settled(left.upload_id)
    assert.equal((await client.abort(left.upload_id)).status, 200)
    assert.equal((await assertAsDuckDb(id)).rowCount, 101)
    await assertNoOrphans()
  })

  test('a type that cannot hold both is refused, and the column named', async () => {
    const id = await made()
    const plan = await sent("SELECT 'x' AS id, 1.5::DOUBLE AS visits", {
      mode: 'append',
      dataset_id: id,
      confirm: true,
    })
    const failed = await client.ended(plan.upload_id)
    assert.deepEqual([failed.status, failed.failure_reason.step, failed.retryable], ['failed', 'infer', false])
    assert.equal((await client.retry(plan.upload_id)).status, 409)
    assert.match(failed.error, /“id” is BIGINT in the dataset and VARCHAR in this file; “visits” is BIGINT .* DOUBLE/)
    assert.equal((await assertAsDuckDb(id)).rowCount, 100)
    const told = async () => {
      const now = await dataset(id)
      const { changes } = await historyOf(server, now)
      const notices = String(await underWayNotices(server, now, '/here'))
      const whats = changes.map(({ what, by }) => `${what} by ${by}`)
      return { whats, notices, sentence: asItWas('It', failed.failure_reason.at, changes) }
    }
    const before = await told()
    assert.deepEqual(before.whats, ['not_added by alice', 'created by alice'])
    assert.equal(before.sentence, 'It, which is as it was: 100 rows, version 1')
    assert.match(before.notices, /1 file was not added\./)
    const instead = await sent('SELECT 1 AS id', { mode: 'replace', dataset_id: id, confirm: true })
    assert.equal((await client.ended(instead.upload_id)).status, 'completed')
    const now = await told()
    assert.deepEqual(now.whats, ['replaced by alice', 'not_added by alice', 'created by alice'])
    assert.equal(now.sentence, 'It, which then had 100 rows, version 1, and has changed since')
    assert.equal(now.notices, 'false', 'a version since is the news')
    assert.equal((await client.abort(plan.upload_id)).status, 200)
    await assertNoOrphans()
  })

  test('the same file a second time is asked about', async () => {
    const content = await parquet(ROWS)
    const plan = await client.upload(content)
    await client.ended(plan.upload_id)
    const again = await client.upload(content, { mode: 'append', dataset_id: plan.dataset_id })
    const waits = await settled(again.upload_id)
    assert.deepEqual([waits.waits_for, waits.differences.is_there], ['confirmation', true])
    assert.equal((await client.abort(again.upload_id)).status, 200)
  })

  test('files of a batch are added together or not at all', async () => {
    const id = await made()
    const batch = { id: 'together-1', files: 3 }
    const good = ROWS.replace('range(100)', 'range(7)')
    const one = await sent(good, { mode: 'append', dataset_id: id, batch })
    const two = await sent('SELECT 5 AS id', { mode: 'append', dataset_id: id, batch })
    const bad = await sent("SELECT 'text' AS visits", { mode: 'append', dataset_id: id, batch })
    assert.equal((await client.ended(bad.upload_id)).status, 'failed')
    assert.equal((await settled(one.upload_id)).waits_for, 'files')
    assert.equal((await dataset(id)).rowCount, 100)
    // Without the one that cannot be added there is the question what differs.
    assert.equal((await client.abort(bad.upload_id)).status, 200)
    const waits = await client.until(two.upload_id, ({ waits_for }) => waits_for === 'confirmation')
    assert.equal(waits.batch_id, 'together-1')
    assert.equal((await client.call(`/${one.upload_id}/confirm`, { method: 'POST', body: {} })).status, 202)
    for (const { upload_id } of [one, two]) assert.equal((await client.ended(upload_id)).status, 'completed')
    const now = await assertAsDuckDb(id)
    assert.equal(now.rowCount, 108)
    await assertNoOrphans()
    const elsewhere = await client.call('/init', {
      method: 'POST',
      body: { filename: 'a.parquet', total_size: 10, mode: 'append', dataset_id: await made(), batch },
    })
    assert.equal(elsewhere.status, 200, 'a batch that has ended is nobody’s')
    assert.equal((await client.abort(elsewhere.body.upload_id)).status, 200)
  })

  test('eight at once, and fifty completions of each moment: each is there once', async () => {
    const id = await made()
    const plans = await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        const content = await parquet(
          `SELECT ${1_000 + at} AS id, 1 AS visits, NULL::DATE AS day FROM range(${at + 1})`,
        )
        const plan = await client.init(content, { mode: 'append', dataset_id: id, confirm: true })
        await client.send(plan, content)
        return plan
      }),
    )
    await Promise.all(
      plans.map(async ({ upload_id }, at) => {
        const answers = await Promise.all(Array.from({ length: at === 0 ? 50 : 2 }, () => client.complete(upload_id)))
        assert.equal(answers.filter(({ status }) => status === 202).length, 1)
      }),
    )
    for (const { upload_id } of plans) assert.equal((await client.ended(upload_id)).status, 'completed')
    const now = await assertAsDuckDb(id)
    assert.deepEqual([now.files.length, now.rowCount], [9, 100 + (8 * 9) / 2])
    assert.equal(new Set(now.files.map(({ uploadId }) => uploadId)).size, 9)
    await assertNoOrphans()
  })

  test('a replacement is a version of its own, and the one before is kept for a month', async () => {
    const id = await made()
    const plan = await sent('SELECT 1 AS other, true AS flag', { mode: 'replace', dataset_id: id, confirm: true })
    assert.match(plan.s3_key, new RegExp(`/datasets/${id}/v2/data/part-`))
    assert.equal((await client.ended(plan.upload_id)).status, 'completed')
    const now = await dataset(id)
    assert.deepEqual(
      [now.version, now.rowCount, now.columns.map(({ name, type }) => `${name} ${type}`)],
      [2, 1, ['other INTEGER', 'flag BOOLEAN']],
    )
    const added = await sent('SELECT 2 AS other, false AS flag', { mode: 'append', dataset_id: id })
    assert.equal((await client.ended(added.upload_id)).status, 'completed')
    assert.ok((await dataset(id)).files.every(({ path }) => path.includes('/v2/data/')))
    const all = server.database.read.selectFrom('dataset_removals').selectAll()
    const removals = await all.where('dataset_id', '=', id).execute()
    assert.equal(removals.length, 1)
    assert.match(removals[0]?.path ?? '', /\/v1\/data\//)
    const [older, ...none] = await olderVersions(server.database, await dataset(id))
    assert.deepEqual([older?.version, older?.rowCount, older?.fileCount, none.length], [1, 100, 1, 0])
    await makeCurrent(server.database, id, 1, 'mia')
    const history = await changesOf(server.database, id, [1, 2])
    assert.deepEqual(
      history.map(({ what, version, by, files, rows, after }) => [what, version, by, files, rows, after.rows]),
      [
        ['restored', 1, 'mia', 0, 0, 100],
        ['added', 2, 'alice', 1, 1, 2],
        ['replaced', 2, 'alice', 1, 1, 1],
        ['created', 1, 'alice', 1, 100, 100],
      ],
    )
    assert.deepEqual(
      history.map(({ at }) => at).toSorted(),
      history.map(({ at }) => at).reverse(),
      'the last first, each with its own time',
    )
    const back = await assertAsDuckDb(id)
    assert.deepEqual([back.version, back.rowCount, back.files.length], [1, 100, 1])
    const listed = await all.where('dataset_id', '=', id).execute()
    assert.deepEqual(
      listed.map(({ path }) => /v\d/.exec(path)?.[0]),
      ['v2', 'v2'],
    )
    await server.database.write((trx) => trx.updateTable('dataset_removals').set({ due_at: '2020' }).execute())
    await assert.rejects(makeCurrent(server.database, id, 2), { code: 'dataset_version_gone' })
    await assert.rejects(makeCurrent(server.database, id, 7), { code: 'dataset_version_gone' })
    const third = await sent('SELECT 3 AS third', { mode: 'replace', dataset_id: id, confirm: true })
    assert.match(third.s3_key, /\/v3\/data\//, 'no number is used twice')
    assert.equal((await client.ended(third.upload_id)).status, 'completed')
    assert.ok(Math.abs(Date.parse(removals[0]?.due_at ?? '') - Date.now() - MONTH_MS) < 60_000)
    await assertNoOrphans()
  })

  test('files are taken out again: a version without them, of the same objects, and the one before is kept', async () => {
    const { database } = server
    const id = await made()
    const batch = { id: 'both-of-them', files: 2 }
    const wide = "SELECT i AS id, i AS visits, 'x' AS note FROM range(100, 110) t(i)"
    const csv = Buffer.from('id,visits\n7,8\n')
    const plans = [
      await sent(wide, { mode: 'append', dataset_id: id, batch, confirm: true }),
      await client.upload(csv, { filename: 'more.csv', mode: 'append', dataset_id: id, batch, confirm: true }),
    ]
    for (const { upload_id } of plans) assert.equal((await client.ended(upload_id)).status, 'completed')
    const full = await dataset(id)
    const [first, second, third] = full.files.filter(({ role }) => role === 'data')
    const additions = additionsOf(full.files)
    assert.deepEqual(
      additions.map(({ paths, rowCount }) => [paths, rowCount]),
      [[[second?.path, third?.path], 11]],
    )
    await assert.rejects(takeOut(database, id, ['part-none.parquet']), { code: 'dataset_file_gone' })
    const all = [first?.path, second?.path, third?.path] as string[]
    await assert.rejects(takeOut(database, id, all), { code: 'dataset_last_file' })

    const done = await takeOut(database, id, [second?.path.split('/').at(-1) ?? ''], 'mia')
    assert.deepEqual([done.version, done.rest.rowCount, done.differences.missing[0]?.name], [2, 101, 'note'])
    const now = await dataset(id)
    assert.deepEqual(
      now.columns.map(({ name, type }) => `${name} ${type}`),
      ['id BIGINT', 'visits BIGINT', 'day DATE'],
    )
    assert.deepEqual(
      now.files.map(({ path }) => path),
      full.files.map(({ path }) => path).filter((path) => path !== second?.path),
    )
    async function due() {
      const rows = database.read.selectFrom('dataset_removals').select('path').where('dataset_id', '=', id)
      return (await rows.execute()).map(({ path }) => path)
    }
    assert.deepEqual(await due(), [second?.path], 'what both versions have stays')
    assert.deepEqual(
      (await olderVersions(database, now)).map(({ version, rowCount, keptUntil }) => [
        version,
        rowCount,
        keptUntil !== null,
      ]),
      [[1, 111, true]],
    )
    assert.deepEqual(
      (await changesOf(database, id, [1, 2])).map(({ what, by, files, rows, after }) => [
        what,
        by,
        files,
        rows,
        after.rows,
      ]),
      [
        ['taken_out', 'mia', -1, -10, 101],
        ['added', 'alice', 2, 11, 111],
        ['created', 'alice', 1, 100, 100],
      ],
    )
    await makeCurrent(database, id, 1)
    const { columns, rowCount, files } = await dataset(id)
    assert.deepEqual({ columns, rowCount, files }, { columns: full.columns, rowCount: 111, files: full.files })
    assert.deepEqual(await due(), [], 'the version that lacks one needs no object of its own')

    const again = await takeOut(database, id, additions[0]?.paths ?? [])
    assert.deepEqual([again.version, (await assertAsDuckDb(id)).rowCount], [3, 100])
    assert.equal((await due()).length, 3, 'with what was converted')
    await assertNoOrphans()
  })

  test('what was taken out is removed when its time is over, and the versions that had it go with it', async () => {
    const { database, sources, folder } = server
    const id = await made()
    const plan = await sent(ROWS.replace('range(100)', 'range(100, 150)'), { mode: 'append', dataset_id: id })
    assert.equal((await client.ended(plan.upload_id)).status, 'completed')
    const [first, second] = (await dataset(id)).files
    await takeOut(database, id, [first?.path ?? ''])
    const log = createLog(() => {})
    const trash = createDatasetTrash({ database, sources, log, now: () => Date.now() + MONTH_MS + 60_000 })
    await trash.sweep()
    await trash.close()
    const left = await assertAsDuckDb(id)
    assert.deepEqual([left.version, left.rowCount, left.files], [2, 50, [second]])
    assert.deepEqual(await olderVersions(database, left), [])
    await assert.rejects(makeCurrent(database, id, 1), { code: 'dataset_version_gone' })
    assert.ok((await server.stored()).includes(second?.path ?? ''), folder)
    await assertNoOrphans()
    await trashDataset(database, id, null)
  })

  test('files of types that only a third one holds are not left alone with each other', async () => {
    const { database } = server
    const id = await made('SELECT 1.5::DOUBLE AS n')
    for (const type of ['INTEGER', 'FLOAT']) {
      const plan = await sent(`SELECT 16777217::${type} AS n`, { mode: 'append', dataset_id: id, confirm: true })
      assert.equal((await client.ended(plan.upload_id)).status, 'completed')
    }
    const [first, second] = (await dataset(id)).files
    await assert.rejects(takeOut(database, id, [first?.path ?? '']), { code: 'dataset_rest_differs' })
    await takeOut(database, id, [first?.path ?? '', second?.path ?? ''])
    assert.deepEqual((await dataset(id)).columns[0]?.type, 'FLOAT')
  })

  test('an upload that is cancelled after files were taken out leaves every version that has it', async () => {
    const { database } = server
    const id = await made()
    const batch = { id: 'one-and-the-other', files: 2 }
    const more = (from: number) => ROWS.replace('range(100)', `range(${from}, ${from + 10})`)
    const one = await sent(more(100), { mode: 'append', dataset_id: id, batch })
    const two = await sent(more(200), { mode: 'append', dataset_id: id, batch })
    for (const { upload_id } of [one, two]) assert.equal((await client.ended(upload_id)).status, 'completed')
    const taken = (await dataset(id)).files.find(({ uploadId }) => uploadId === one.upload_id)
    await takeOut(database, id, [taken?.path ?? ''])
    await unjoin(database, two.upload_id, id)
    assert.deepEqual([(await dataset(id)).version, (await dataset(id)).rowCount], [2, 100])
    assert.deepEqual(
      (await olderVersions(database, await dataset(id))).map(({ version, rowCount }) => [version, rowCount]),
      [[1, 110]],
    )
    const rows = await database.read
      .selectFrom('dataset_files')
      .select('path')
      .where('upload_id', '=', two.upload_id)
      .execute()
    assert.deepEqual(rows, [])
    const object = (await server.stored()).find(
      (path) => path.includes(id) && path.endsWith(two.s3_key.split('/').at(-1) ?? ''),
    )
    // As whoever cancels removes it.
    if (object !== undefined) await rm(join(server.folder, 'files', object))
  })

  test('a replacement that lacks a column, or changes one, waits until somebody has seen it', async () => {
    const id = await made()
    const fewer = await sent("SELECT 'x' AS visits, date '2026-02-01' AS day, true AS flag", {
      mode: 'replace',
      dataset_id: id,
    })
    const waits = await settled(fewer.upload_id)
    assert.deepEqual([waits.status, waits.waits_for], ['completing', 'confirmation'])
    assert.deepEqual(waits.differences, {
      same: 1,
      added: [{ name: 'flag', type: 'BOOLEAN' }],
      missing: [{ name: 'id', type: 'BIGINT' }],
      changed: [{ name: 'visits', from: 'BIGINT', to: 'VARCHAR', becomes: 'VARCHAR' }],
      ...{ added_count: 1, missing_count: 1, changed_count: 1, is_there: false },
    })
    assert.deepEqual([(await dataset(id)).version, (await dataset(id)).rowCount], [1, 100])
    assert.equal((await client.call(`/${fewer.upload_id}/confirm`, { method: 'POST', body: {} })).status, 202)
    assert.equal((await client.ended(fewer.upload_id)).status, 'completed')
    assert.deepEqual([(await dataset(id)).version, (await dataset(id)).rowCount], [2, 1])
    await assertNoOrphans()
  })

  test('a replacement with the same columns, or more, asks nothing; files of one are compared together', async () => {
    const id = await made()
    const more = await sent(`SELECT *, true AS flag FROM (${ROWS})`, { mode: 'replace', dataset_id: id })
    const settledAt = await settled(more.upload_id)
    assert.deepEqual([settledAt.status, settledAt.waits_for], ['completed', null])
    const batch = { id: 'halves-of-one', files: 2 }
    const select = `SELECT id, visits, flag FROM (SELECT *, true AS flag FROM (${ROWS}))`
    const one = await sent(select, { mode: 'replace', dataset_id: id, batch })
    const two = await sent("SELECT 7::BIGINT AS id, date '2026-01-09' AS day", {
      mode: 'replace',
      dataset_id: id,
      batch,
    })
    for (const { upload_id } of [one, two]) {
      const ended = await client.until(
        upload_id,
        ({ status, waits_for }) => status !== 'completing' || waits_for === 'confirmation',
      )
      assert.equal(ended.status, 'completed', JSON.stringify(ended))
    }
    assert.deepEqual([(await dataset(id)).version, (await dataset(id)).rowCount], [3, 101])
    await assertNoOrphans()
  })

  test('a CSV file is converted, then added like any other, and what was sent is kept beside it', async () => {
    const id = await made('SELECT i AS id, i * 2 AS visits FROM range(10) t(i)')
    const csv = Buffer.from('id,visits\n10,20\n11,22\n')
    const plan = await client.upload(csv, { filename: 'more.csv', mode: 'append', dataset_id: id })
    assert.equal((await client.ended(plan.upload_id)).status, 'completed')
    const now = await dataset(id)
    assert.equal(now.rowCount, 12)
    assert.deepEqual(
      now.files.map(({ role, filename }) => `${role} ${filename}`),
      ['data visits.parquet', 'data more.csv', 'original more.csv'],
    )
    await assertNoOrphans()
  })

  test('a dataset in the trash takes nothing; what was on its way goes on once it is restored', async () => {
    const id = await made()
    const plan = await sent('SELECT 1 AS id', { mode: 'append', dataset_id: id })
    await settled(plan.upload_id)
    await trashDataset(server.database, id, 'alice')
    const refused = await client.call('/init', {
      method: 'POST',
      body: { filename: 'a.parquet', total_size: 10, mode: 'append', dataset_id: id },
    })
    assert.deepEqual([refused.status, refused.body.error_code ?? refused.body.code], [409, 'dataset_in_trash'])
    await client.call(`/${plan.upload_id}/confirm`, { method: 'POST', body: {} })
    const failed = await client.ended(plan.upload_id)
    assert.deepEqual([failed.status, failed.failure_reason?.step, failed.retryable], ['failed', 'register', true])
    await restoreDataset(server.database, id)
    assert.equal((await client.retry(plan.upload_id)).status, 202)
    assert.equal((await client.ended(plan.upload_id)).status, 'completed')
    assert.equal((await assertAsDuckDb(id)).rowCount, 101)
    await assertNoOrphans()
  })

  test('what is asked wrongly is refused, and of nobody who may not', async () => {
    const id = await made()
    const body = { filename: 'a.parquet', total_size: 10, mode: 'append', dataset_id: id }
    const refused = async (more: object, asked: Session = {}) => {
      const answer = await client.call('/init', { method: 'POST', body: { ...body, ...more }, ...asked })
      return `${answer.status} ${answer.body.errors?.join() ?? answer.body.error}`
    }
    assert.match(await refused({ mode: 'add' }), /^400 mode must be one of create, append, replace/)
    assert.match(await refused({ mode: null }), /^400 mode must be append or replace/)
    assert.match(await refused({ dataset_id: null }), /^400 dataset_id is required/)
    assert.match(await refused({ dataset_id: 'x' }), /^400 dataset_id must be a UUID/)
    assert.match(await refused({ dataset_id: '00000000-0000-4000-8000-000000000000' }), /^404 Dataset not found/)
    assert.match(await refused({ batch: { id: 'x', files: 1 } }), /^400 batch.id must have/)
    assert.match(await refused({ batch: { id: 'long enough?', files: 1 } }), /^400 batch.id/)
    assert.match(await refused({ batch: { id: 'long-enough', files: 1_001 } }), /^400 batch.files may be at most 1000/)
    assert.match(await refused({}, { collection: 'other' }), /^404 Dataset not found/)
    assert.match(await refused({}, { actor: 'reader' }), /^403/)
    const { upload_id } = await client.init(await parquet(ROWS), { mode: 'append', dataset_id: id })
    const confirm = (asked: Session = {}) =>
      client.call(`/${upload_id}/confirm`, { method: 'POST', body: {}, ...asked })
    assert.equal((await confirm({ actor: 'reader' })).status, 403)
    assert.equal((await confirm()).status, 409)
    assert.equal((await confirm({ collection: 'other' })).status, 403)
    assert.equal((await client.abort(upload_id)).status, 200)
  })
})

test('who dies after a file was added, and before it is said, leaves a session that ends well', async (t) => {
  const files = await openTestFolder()
  t.after(() => files.remove())
  const content = (rows: number) => files.parquet(`${rows}.parquet`, `SELECT i AS id FROM range(${rows}) t(i)`)
  let dies = false
  let isDead = false
  const before = (call: string) => {
    isDead ||= dies && call === 'database: registered'
    if (isDead) throw new Error('the process is no more')
  }
  const first = await startTestServer({ before })
  t.after(() => first.close())
  let client = datasetClient(first)
  const plan = await client.upload(readFileSync(await content(5)))
  assert.equal((await client.ended(plan.upload_id)).status, 'completed')
  dies = true
  const more = await client.upload(readFileSync(await content(6)), { mode: 'append', dataset_id: plan.dataset_id })
  await client.until(more.upload_id, () => isDead)
  await first.close('keep')
  const second = await startTestServer({ folder: first.folder, now: () => Date.now() + LEASE_MS })
  t.after(() => second.close())
  client = datasetClient(second)
  // What lay waiting is gone, and nobody misses it.
  const ended = await client.ended(more.upload_id)
  assert.deepEqual([ended.status, ended.failure_reason], ['completed', null], JSON.stringify(ended))
  const rows = await second.database.read.selectFrom('datasets').select(['row_count', 'revision']).execute()
  assert.deepEqual([rows.length, rows[0]?.row_count, rows[0]?.revision], [1, 11, 2])
  const paths = await second.database.read.selectFrom('dataset_files').select('path').execute()
  assert.deepEqual(await second.stored(), paths.map(({ path }) => path).sort())
})
