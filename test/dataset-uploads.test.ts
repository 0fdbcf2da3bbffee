import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { filesBelow } from './support/below.ts'
import { makeBucket, skipS3, type TestBucket } from './support/ceph.ts'
import { createToken, type RunningHoldall, runHoldall, startHoldall } from './support/holdall.ts'
import { large, visits, writeParquet } from './support/parquet.ts'
import { TWO_SHEETS } from './support/two-sheets.ts'

const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))
const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
const PATIENCE_MS = 40_000
const STATES = ['combining', 'combined', 'inferring', 'inferred', 'registering', 'registered']
const PREFIX = 'adopted/'

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at, whatever they have
type Json = any

/** A place for objects, and what is really in it. */
interface World {
  readonly source: object
  readonly bucket: string
  readonly prefix: string
  /** Paths as the server knows them. */
  objects(): Promise<string[]>
  /** Uploads in parts that were neither completed nor aborted. */
  unfinished(): Promise<number>
  remove(): Promise<void>
}

const WORLDS = [
  { name: 'a folder', skip: false as const, make: makeFolder },
  { name: 'a bucket', skip: skipS3, make: makeS3 },
]

for (const { name, skip, make } of WORLDS) {
  describe(`a Parquet upload to ${name}`, { skip }, () => {
    let folder: string
    let data: string
    let world: World
    let server: RunningHoldall
    let token: string
    const content = large(9)

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'holdall-dataset-uploads-'))
      data = join(folder, 'data')
      world = await make(join(folder, 'objects'))
      const config = {
        sources: { media: world.source },
        collections: [{ organization: ORGANIZATION, id: 'medicaid', source: 'media' }],
      }
      writeFileSync(join(folder, 'holdall.json'), JSON.stringify(config))
      server = await startHoldall({ data, config: join(folder, 'holdall.json') })
      token = await createToken(data, 'root')
    })
    after(async () => {
      await server?.stop()
      await world?.remove()
      rmSync(folder, { recursive: true })
    })

    const base = () => `${server.url}/public/uploads/${ORGANIZATION}/medicaid/multipart`

    async function call(method: string, path: string, body?: object): Promise<{ status: number; body: Json }> {
      const response = await fetch(base() + path, {
        method,
        headers: { 'X-User-Token': token, ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json() }
    }

    /** As the first clients of this API do it. */
    async function send(bytes: Buffer, filename = 'file.parquet'): Promise<Json> {
      const init = await call('POST', '/init', { filename, total_size: bytes.length })
      assert.equal(init.status, 200, JSON.stringify(init.body))
      const parts = []
      for (const { part_number, url } of init.body.part_urls) {
        const at = (part_number - 1) * init.body.part_size
        const body = new Uint8Array(bytes.subarray(at, at + init.body.part_size))
        const put = await fetch(url, { method: 'PUT', body })
        assert.equal(put.status, 200, await put.text())
        parts.push({ part_number, etag: put.headers.get('ETag') })
      }
      return { ...init.body, parts }
    }

    async function poll(id: string): Promise<{ last: Json; seen: string[] }> {
      const seen: string[] = []
      for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(30)) {
        const { status, body } = await call('GET', `/${id}`)
        assert.equal(status, 200)
        if (seen.at(-1) !== body.completion_status) seen.push(body.completion_status)
        if (['registered', 'failed'].includes(body.completion_status)) return { last: body, seen }
        assert.ok(Date.now() < deadline, JSON.stringify(body))
      }
    }

    function command(path: string, ...more: string[]) {
      const args = ['upload-parquet', '--file', path, '--api-base-url', server.url, '--orgid', ORGANIZATION]
      return [...args, '--collection-id', 'medicaid', '--token', token, ...more]
    }

    function file(filename: string, bytes: Buffer): string {
      const path = join(folder, filename)
      writeFileSync(path, bytes)
      return path
    }

    async function ask(sql: string): Promise<Json> {
      const answer = await fetch(`${server.url}/-/datasets/${ORGANIZATION}/medicaid/query`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ sql }),
      })
      return await answer.json()
    }

    function query(sql: string): Json[] {
      const database = new DatabaseSync(join(data, 'internal.db'), { readOnly: true, timeout: 5_000 })
      try {
        return database
          .prepare(sql)
          .all()
          .map((row) => ({ ...row }))
      } finally {
        database.close()
      }
    }

    test('a client that knows init, PUT, complete and GET alone gets its dataset, and it can be asked', async () => {
      const plan = await send(content)
      assert.equal(plan.s3_bucket, world.bucket)
      assert.ok(plan.s3_key.startsWith(`${world.prefix}org/${ORGANIZATION}/datasets/${plan.dataset_id}/v1/data/part-`))
      const completed = await call('POST', `/${plan.upload_id}/complete`, { parts: plan.parts })
      assert.equal(completed.status, 202)
      const { last, seen } = await poll(plan.upload_id)
      assert.equal(last.completion_status, 'registered', JSON.stringify(last))
      const order = seen.map((state) => STATES.indexOf(state))
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
      )
      assert.equal(last.completion_steps_log.length, 6)
      assert.deepEqual([last.s3_key, last.s3_bucket, last.part_count], [plan.s3_key, world.bucket, 2])
      assert.match(last.final_etag, /^[0-9a-f]{32}-2$/)
      assert.deepEqual(await world.objects(), [plan.s3_key.slice(world.prefix.length)])
      assert.equal(await world.unfinished(), 0)
      const answer = await fetch(`${server.url}/-/datasets/${ORGANIZATION}/medicaid/query`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ sql: `SELECT count(*) AS rows FROM ${last.table_name}` }),
      })
      if (world.bucket === 'media') assert.deepEqual((await answer.json()).rows, [{ rows: 9 }])
    })

    test('its object is no file: sync, verify and gc leave it alone', async () => {
      const options = ['--data', data, '-c', join(folder, 'holdall.json')]
      const objects = await world.objects()
      assert.ok(objects.length > 0)
      for (const args of [
        ['sync', 'media'],
        ['verify', 'media'],
        ['gc', '--delete'],
      ]) {
        const { code, stdout, stderr } = await runHoldall([...args, ...options])
        assert.equal(code, 0, `${args}: ${stdout}${stderr}`)
      }
      assert.deepEqual(query('SELECT id FROM datasette_files'), [])
      assert.deepEqual(await world.objects(), objects)
    })

    test('of fifty completions at one moment one is accepted', async () => {
      const plan = await send(visits())
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => call('POST', `/${plan.upload_id}/complete`, {})),
      )
      assert.equal(answers.filter(({ status }) => status === 202).length, 1)
      assert.equal(answers.filter(({ status }) => status === 409).length, 49)
      assert.equal((await poll(plan.upload_id)).last.completion_status, 'registered')
      assert.equal(query(`SELECT id FROM datasets WHERE upload_id = '${plan.upload_id}'`).length, 1)
    })

    test('what is no Parquet file fails at infer, and its object is gone', async () => {
      const before = await world.objects()
      const spoiled = visits(1_000)
      spoiled.fill(0xff, 4, 600)
      for (const bytes of [randomBytes(20_000), spoiled]) {
        const plan = await send(bytes)
        await call('POST', `/${plan.upload_id}/complete`, {})
        const { last } = await poll(plan.upload_id)
        assert.deepEqual([last.status, last.failure_reason.step, last.retryable], ['failed', 'infer', false])
        assert.match(last.error, /not a readable Parquet file/)
      }
      // What failed is said first, and then removed.
      for (const deadline = Date.now() + PATIENCE_MS; (await world.objects()).length > before.length; await sleep(50)) {
        assert.ok(Date.now() < deadline, 'it was never removed')
      }
      assert.deepEqual(await world.objects(), before)
    })

    test('a part that is missing fails at combine; sent, and completed again, it is a dataset', async () => {
      const { body: plan } = await call('POST', '/init', { filename: 'a.parquet', total_size: content.length })
      const put = (at: number) =>
        fetch(plan.part_urls[at].url, {
          method: 'PUT',
          body: new Uint8Array(content.subarray(at * plan.part_size, (at + 1) * plan.part_size)),
        })
      await put(1)
      assert.equal((await call('POST', `/${plan.upload_id}/complete`, {})).status, 202)
      const failed = (await poll(plan.upload_id)).last
      assert.deepEqual([failed.failure_reason.step, failed.retryable], ['combine', true])
      await put(0)
      assert.equal((await call('POST', `/${plan.upload_id}/complete`, {})).status, 202)
      assert.equal((await poll(plan.upload_id)).last.completion_status, 'registered')
    })

    test('cancelled, nothing of it is left', async () => {
      const before = await world.objects()
      const plan = await send(content)
      assert.equal((await call('DELETE', `/${plan.upload_id}`)).status, 200)
      assert.equal((await call('DELETE', `/${plan.upload_id}`)).status, 200)
      assert.deepEqual(await world.objects(), before)
      assert.equal(await world.unfinished(), 0)
      // In the middle of its steps, at whichever.
      for (const wait of [0, 20, 60, 150, 400]) {
        const next = await send(visits(50))
        await call('POST', `/${next.upload_id}/complete`, {})
        await sleep(wait)
        const { status } = await call('DELETE', `/${next.upload_id}`)
        const made = query(`SELECT id FROM datasets WHERE upload_id = '${next.upload_id}'`).length
        const state = (await call('GET', `/${next.upload_id}`)).body.status
        assert.deepEqual([status, state, made], status === 200 ? [200, 'aborted', 0] : [409, 'completed', 1])
        const path = next.s3_key.slice(world.prefix.length)
        assert.equal((await world.objects()).includes(path), status === 409)
      }
    })

    test('holdall upload-parquet ends well only when it is registered', async () => {
      const good = await runHoldall(command(file('Gallery visits.parquet', content)))
      assert.equal(good.code, 0, good.stderr)
      const [, id, table] = /^Dataset registered: id=(\S+) table=(\S+)\n$/.exec(good.stdout) ?? []
      assert.deepEqual(query(`SELECT table_name FROM datasets WHERE id = '${id}'`), [{ table_name: table }])
      assert.match(good.stderr, /completion_status=registered\n$/)
      const json = await runHoldall(command(file('visits.parquet', visits()), '--json'))
      const events = json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      assert.equal(json.code, 0, json.stderr)
      assert.equal(events.at(-1).event, 'registered')
      assert.ok(events.some(({ event }) => event === 'progress'))
      const bad = await runHoldall(command(file('table.parquet', Buffer.from('id,name\n1,a\n'))))
      assert.equal(bad.code, 1)
      assert.match(bad.stderr, /holdall: The upload failed at infer: This is not a readable Parquet file/)
      const told = await runHoldall(command(file('other.parquet', Buffer.from('id,name\n1,b\n')), '--json'))
      const { event, resumable } = JSON.parse(told.stdout.trim().split('\n').at(-1) ?? '')
      assert.deepEqual([event, resumable], ['failed', false], told.stdout)
      const plan = file('plan.xlsx', TWO_SHEETS)
      const rooms = await runHoldall(command(plan, '--sheet', 'Rooms'))
      assert.equal(rooms.code, 0, rooms.stderr)
      const read = /table=(\S+)/.exec(rooms.stdout)?.[1]
      assert.deepEqual((await ask(`SELECT * FROM ${read}`)).rows, [{ room: 'North' }])
      for (const [args, status, message] of [
        [command(join(folder, 'nowhere.parquet')), 1, /cannot be read/],
        [command(file('a.parquet', visits()), '--token', 'hlt_wrong'), 1, /token is unknown/],
        [command(file('a.parquet', visits()), '--collection-id', 'never'), 1, /Collection not found: never/],
        [command(file('a.parquet', visits()), '--orgid', 'nothing'), 1, /Invalid organization ID format/],
        [['upload-parquet', '--file', 'a.parquet'], 2, /--api-base-url is missing/],
        [command(file('none.parquet', Buffer.alloc(0))), 1, /none\.parquet is empty: there is no table in it\./],
        [command(file('a.parquet', visits()), '--replace', 'nope'), 2, /--replace takes the id of a dataset/],
        [command(file('a.parquet', visits()), '--append', ''), 2, /--append takes the id of a dataset/],
        [command('a.parquet', '--timeout', 'soon'), 2, /--timeout takes a whole number/],
        [command(plan, '--sheet', 'Halls'), 1, /it has no sheet “Halls”\. Its sheets are “Plan” and “Rooms”\./],
      ] as const) {
        const { code, stderr } = await runHoldall(args)
        assert.equal(code, status, stderr)
        assert.match(stderr, message)
      }
    })

    test('holdall upload-parquet --append and --replace: more rows, what differs is confirmed, a new version', async () => {
      const made = await runHoldall(command(file('rooms.parquet', visits(10))))
      const id = /id=(\S+)/.exec(made.stdout)?.[1] ?? ''
      const table = /table=(\S+)/.exec(made.stdout)?.[1] ?? ''
      const counted = async () => {
        const { rows } = await ask(`SELECT count(*) AS rows, sum(id)::BIGINT AS ids FROM ${table}`)
        return rows[0]
      }
      const more = [file('more 1.parquet', visits(20)), file('more 2.parquet', visits(30))]
      const [first = '', second = ''] = more
      const added = await runHoldall(command(first, '--file', second, '--append', id))
      assert.equal(added.code, 0, added.stderr)
      assert.deepEqual(
        added.stdout.trim().split('\n').sort(),
        more.map((path) => `${path.split('/').at(-1)} added to dataset: id=${id} table=${table}`),
      )
      assert.deepEqual(await counted(), { rows: 60, ids: 45 + 190 + 435 })
      const other = join(folder, 'other.parquet')
      await writeParquet(other, 'SELECT 1::INTEGER AS id, 2::INTEGER AS room')
      const differs = await runHoldall(command(other, '--append', id))
      assert.equal(differs.code, 1)
      assert.match(
        differs.stderr,
        /new in the file: room INTEGER; missing in it: gallery VARCHAR; id is BIGINT there and/,
      )
      const waiting = /Add it with --confirm (\S+),/.exec(differs.stderr)?.[1] ?? ''
      assert.deepEqual(await counted(), { rows: 60, ids: 670 })
      const { code, stdout, stderr } = await runHoldall(
        command(first, '--confirm', waiting).filter((word, at, all) => word !== '--file' && all[at - 1] !== '--file'),
      )
      assert.deepEqual([code, stdout], [0, `${waiting} added to dataset: id=${id} table=${table}\n`], stderr)
      assert.deepEqual(await counted(), { rows: 61, ids: 671 })
      const wrong = await runHoldall(command(file('wrong.parquet', large(1)), '--append', id, '--yes'))
      assert.equal(wrong.code, 0, wrong.stderr)
      // A query that has begun goes on with the version that it began with.
      const slow = ask(`SELECT count(*) AS rows FROM ${table} a, ${table} b, ${table} c, ${table} d
        WHERE d.id < 5 AND length(a.gallery || b.gallery || c.gallery || d.gallery) > 0`)
      const rooms = file('rooms.parquet', visits(5))
      const asked = await runHoldall(command(rooms, '--replace', id))
      assert.equal(asked.code, 1)
      assert.match(asked.stderr, /Nothing was replaced yet: columns that go: room INTEGER/)
      assert.match(asked.stderr, /Replace it with --confirm \S+,/)
      const replaced = await runHoldall(command(rooms, '--replace', id, '--yes'))
      assert.deepEqual(
        [replaced.code, replaced.stdout],
        [0, `Dataset replaced: id=${id} table=${table}\n`],
        replaced.stderr,
      )
      assert.deepEqual(await counted(), { rows: 5, ids: 10 })
      const answer = await slow
      assert.deepEqual(answer.rows, [{ rows: 60 ** 3 * 15 }], JSON.stringify(answer))
      const paths = query(`SELECT path FROM dataset_files WHERE dataset_id = '${id}' ORDER BY path`).map(
        ({ path }) => path,
      )
      assert.deepEqual(
        (await world.objects()).filter((path) => path.includes(id)),
        paths,
      )
      assert.deepEqual(
        paths.map((path) => path.split('/')[4]),
        ['v1', 'v1', 'v1', 'v1', 'v1', 'v2'],
      )
      assert.equal(await world.unfinished(), 0)
      for (const [more, message] of [
        [['--append', id, '--replace', id], /--append and --replace exclude each other/],
        [['--yes'], /--yes is for --append/],
        [['--file', second], /Several files need --append or --replace/],
      ] as const) {
        const { code, stderr } = await runHoldall(command(first, ...more))
        assert.deepEqual([code, message.test(stderr)], [2, true], stderr)
      }
    })

    test('holdall upload-parquet that is stopped goes on where it was when it is called again', async () => {
      const path = file('interrupted.parquet', large(40))
      const child = spawn(process.execPath, [COMMAND, ...command(path, '--json')], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      let stopped = false
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text
          if (stopped || !/"sent":[1-9]/.test(output)) return
          stopped = true
          child.kill('SIGINT')
        })
      }
      const [code] = await once(child, 'close')
      assert.equal(code, 130, output)
      assert.match(output, /What was sent is kept: run the same command again/)
      const { code: again, stdout, stderr } = await runHoldall(command(path, '--json'))
      assert.equal(again, 0, stderr)
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      assert.ok(events[0].sent > 0, 'what was sent is not sent again')
      const sessions = query("SELECT status FROM upload_sessions WHERE filename = 'interrupted.parquet'")
      assert.deepEqual(sessions, [{ status: 'completed' }])
    })

    test('stopped during the server’s steps, it follows that upload when it is called again, and sends nothing', async () => {
      const path = file('followed.parquet', large(9))
      const sessions = () => query("SELECT status FROM upload_sessions WHERE filename = 'followed.parquet'").length
      const child = spawn(process.execPath, [COMMAND, ...command(path, '--json')], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text
          if (output.includes('"event":"status"')) child.kill('SIGINT')
        })
      }
      await once(child, 'close')
      const registered = async (...more: string[]) => {
        const { code, stdout, stderr } = await runHoldall(command(path, '--json', ...more))
        assert.equal(code, 0, stderr)
        const events = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
        return { id: events.at(-1).dataset_id, sent: events.some(({ sent }) => sent > 0) }
      }
      const first = await registered()
      assert.deepEqual([first.sent, sessions()], [false, 1], output)
      assert.deepEqual(await registered(), first, 'finished, it is still that one')
      // Another file of this name and size; then the first one again, of which the dataset was deleted.
      writeFileSync(path, large(9, 100))
      const other = await registered()
      assert.deepEqual([other.sent, other.id === first.id, sessions()], [true, false, 2])
      writeFileSync(path, large(9))
      const deleted = await fetch(`${server.url}/-/datasets/${ORGANIZATION}/medicaid/${first.id}/-/delete`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: '{}',
      })
      assert.equal(deleted.status, 200)
      assert.deepEqual([(await registered()).sent, sessions()], [true, 3])
    })

    test('a CSV file that is sent again by the same command is one dataset, and the command says so', async () => {
      const lines = Array.from({ length: 200 }, (_, at) => `${at},ward ${at % 7}`)
      const path = file('wards.csv', Buffer.from(`id,ward\n${lines.join('\n')}\n`))
      const first = await runHoldall(command(path))
      assert.equal(first.code, 0, first.stderr)
      const again = await runHoldall(command(path))
      const nothingNew = first.stdout.replace('\n', ' (it was there before: nothing is new)\n')
      assert.deepEqual([again.code, again.stdout], [0, nothingNew], again.stderr)
      assert.match(again.stderr, /wards\.csv was sent within the last hour, byte for byte/)
      assert.equal(query("SELECT id FROM upload_sessions WHERE filename = 'wards.csv'").length, 1)
      if (world.bucket !== 'media') return
      // Of its name, and other rows; then what was sent first, which is no part of its dataset any more.
      file('wards.csv', Buffer.from(`id,ward\n${lines.slice(1).join('\n')}\n`))
      const id = /id=(\S+)/.exec(first.stdout)?.[1] ?? ''
      const other = await runHoldall(command(path))
      const said = new RegExp(
        `“wards” is here already\\. It has 200 rows.*--append ${id} adds to it, --replace ${id} repl`,
      )
      assert.match(other.stderr, said)
      assert.match(other.stdout, /^Dataset registered: id=\S+ table=\S+\n$/)
      const replaced = await runHoldall(command(path, '--replace', id))
      assert.match(replaced.stdout, /^Dataset replaced: id=\S+ table=\S+\n$/, replaced.stderr)
      file('wards.csv', Buffer.from(`id,ward\n${lines.join('\n')}\n`))
      const third = await runHoldall(command(path, '--json'))
      assert.match(third.stdout, /"event":"same_name".*"datasets":2/)
      assert.match(third.stdout, /"event":"registered".*"was_there":false/)
    })
  })
}

async function makeFolder(root: string): Promise<World> {
  return {
    source: { storage: 'filesystem', config: { root } },
    bucket: 'media',
    prefix: '',
    objects: async () => filesBelow(root).filter((path) => !path.startsWith('.holdall-tmp')),
    unfinished: async () => filesBelow(root).filter((path) => path.startsWith('.holdall-tmp')).length,
    async remove() {},
  }
}

async function makeS3(): Promise<World> {
  const bucket: TestBucket = await makeBucket('dataset-uploads')
  return {
    source: { storage: 's3', hash: 'none', config: { ...bucket.config, prefix: PREFIX } },
    bucket: bucket.name,
    prefix: PREFIX,
    objects: async () => (await bucket.keys()).map((key) => key.slice(PREFIX.length)).sort(),
    unfinished: async () => (await bucket.uploads()).length,
    remove: bucket.remove,
  }
}
