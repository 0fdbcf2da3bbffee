import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { filesBelow } from './support/below.ts'
import { makeBucket, skipS3 } from './support/ceph.ts'
import { createToken, type RunningHoldall, runHoldall, startHoldall } from './support/holdall.ts'
import { startWatchedProxy, type WatchedProxy } from './support/watched-proxy.ts'

const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))
const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const PART = 8 * 1024 * 1024
/** Four parts, the last of them short. */
const SIZE = 3 * PART + 12_345
const PARTS = 4
const AT_ONCE = 2
/** Requests of an upload that nothing interrupts: sessions, prepare, addresses, four parts, the check, complete. */
const REQUESTS = 9
const RANDOM_KILLS = LONG ? 100 : 13
const SERVER_KILLS = LONG ? 20 : 3
const RUN_LIMIT_MS = 60_000
const SMALL_FILES = LONG ? 2_000 : 120

interface Run {
  readonly process: ChildProcess
  readonly ended: Promise<{ code: number | null; events: { event: string; file_id?: string }[]; output: string }>
}

describe('large uploads that are killed', () => {
  let folder: string
  let data: string
  let server: RunningHoldall
  let token: string
  let proxy: WatchedProxy
  let bytes: Buffer
  let hash: string
  let files = 0

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-client-kill-'))
    data = join(folder, 'data')
    server = await startHoldall({ data })
    token = await createToken(data, 'root')
    proxy = await startWatchedProxy(server.url)
    bytes = randomBytes(SIZE)
    hash = createHash('sha256').update(bytes).digest('hex')
  })
  after(async () => {
    await proxy.close()
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  function newFile(): string {
    files += 1
    const path = join(folder, `film-${files}.mov`)
    writeFileSync(path, bytes)
    return path
  }

  function start(path: string, ...more: string[]): Run {
    const args = ['upload', path, '--source', 'files', '--url', proxy.url, '--json', '--concurrency', String(AT_ONCE)]
    const child = spawn(process.execPath, [COMMAND, ...args, ...more], {
      env: { ...process.env, HOLDALL_TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    const ended = once(child, 'close').then(([code]) => {
      const lines = output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
      return { code: code as number | null, events: lines.map((line) => JSON.parse(line)), output }
    })
    return { process: child, ended }
  }

  /** Runs until it is struck, then once more to the end. @returns what is worth telling */
  async function killedAndGoneOn(strike: (run: Run) => void): Promise<{ acknowledged: number; again: number }> {
    proxy.reset()
    const path = newFile()
    const first = start(path)
    strike(first)
    await first.ended
    proxy.onHead = () => undefined
    proxy.onBody = () => undefined
    const acknowledged = new Set(
      proxy.passed.filter((one) => one.part > 0 && one.status === 200).map((one) => one.part),
    )
    const begun = new Set(proxy.passed.filter((one) => one.part > 0).map((one) => one.part))
    const completed = proxy.passed.some((one) => one.path.endsWith('/complete'))
    proxy.reset()
    const second = await start(path).ended
    assert.equal(second.code, 0, second.output)
    const sent = proxy.passed.filter((one) => one.part > 0).map((one) => one.part)
    const done = second.events.find(({ event }) => event === 'done')
    await assertStored(done?.file_id)
    // Once it is complete there is nothing to go on with: the same command makes another file.
    if (completed) return { acknowledged: 0, again: 0 }
    assert.deepEqual(
      sent.filter((part) => acknowledged.has(part)),
      [],
      'what was acknowledged is not sent again',
    )
    assert.equal(new Set(sent).size, sent.length, 'nothing is sent twice')
    const again = sent.filter((part) => begun.has(part)).length
    assert.ok(again <= AT_ONCE, `${again} parts were begun twice`)
    return { acknowledged: acknowledged.size, again }
  }

  async function assertStored(id: string | undefined): Promise<void> {
    const response = await fetch(`${server.url}/-/files/${id}/download`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    assert.equal(response.status, 200)
    const stored = createHash('sha256')
      .update(new Uint8Array(await response.arrayBuffer()))
      .digest('hex')
    assert.equal(stored, hash)
  }

  test('the client, at each of its requests', async (t) => {
    let kept = 0
    for (let at = 1; at <= REQUESTS; at += 1) {
      const { acknowledged } = await killedAndGoneOn((run) => {
        proxy.onHead = (_, number) => {
          if (number === at) run.process.kill('SIGKILL')
        }
      })
      kept += acknowledged
    }
    t.diagnostic(`${REQUESTS} kills; ${kept} parts were acknowledged before them, and none of these was sent again`)
    assert.ok(kept > 0)
  })

  test('the client, in the middle of parts, again and again', async (t) => {
    let kills = 0
    let kept = 0
    for (let path = newFile(), acknowledged = new Set<number>(); kills < RANDOM_KILLS; ) {
      proxy.reset()
      const run = start(path)
      const after = 1 + Math.floor(Math.random() * SIZE * 0.8)
      proxy.onBody = (_, total) => {
        if (total >= after) run.process.kill('SIGKILL')
      }
      const { code, events } = await run.ended
      const sent = proxy.passed.filter((one) => one.part > 0)
      assert.deepEqual(
        sent.filter(({ part }) => acknowledged.has(part)),
        [],
        'what was acknowledged is not sent again',
      )
      for (const { part, status } of sent) if (status === 200) acknowledged.add(part)
      if (code !== 0) {
        kills += 1
        continue
      }
      await assertStored(events.find(({ event }) => event === 'done')?.file_id)
      kept += acknowledged.size
      path = newFile()
      acknowledged = new Set()
    }
    proxy.onBody = () => undefined
    t.diagnostic(`${kills} kills; ${kept} parts arrived, none of them twice`)
  })

  test('the server, in the middle of parts: the client waits for it and goes on', async (t) => {
    for (let kill = 0; kill < SERVER_KILLS; kill += 1) {
      proxy.reset()
      const after = 1 + Math.floor(((kill + Math.random()) / SERVER_KILLS) * (SIZE - 1))
      let restarted: Promise<void> | undefined
      let struck = 0
      proxy.onBody = (_, total) => {
        if (total < after || restarted !== undefined) return
        struck = proxy.passed.length
        restarted = server.kill().then(async () => {
          server = await startHoldall({ data })
          proxy.upstream = server.url
        })
      }
      const run = await start(newFile()).ended
      await restarted
      assert.equal(run.code, 0, run.output)
      await assertStored(run.events.find(({ event }) => event === 'done')?.file_id)
      const acknowledged = proxy.passed.slice(0, struck).filter((one) => one.part > 0 && one.status === 200)
      const later = new Set(proxy.passed.slice(struck).map((one) => one.part))
      assert.deepEqual(
        acknowledged.filter(({ part }) => later.has(part)),
        [],
        'what was acknowledged is not sent again',
      )
      const sent = proxy.passed.reduce((sum, one) => sum + (one.part > 0 ? one.bytes : 0), 0)
      assert.ok(sent <= SIZE + 2 * AT_ONCE * PART, `${sent} bytes for ${SIZE}`)
    }
    t.diagnostic(`${SERVER_KILLS} kills, each upload went on by itself`)
  })

  test('stopped by Ctrl-C, it says how to go on', async () => {
    proxy.reset()
    const path = newFile()
    const run = start(path)
    proxy.onHead = ({ part }) => {
      if (part === 3) run.process.kill('SIGINT')
    }
    const { code, output } = await run.ended
    proxy.onHead = () => undefined
    assert.equal(code, 130)
    assert.match(output, /Stopped\. What was sent is kept: run the same command again, and it goes on from there\./)
    proxy.reset()
    assert.equal((await start(path).ended).code, 0)
    const sent = new Set(proxy.passed.map((one) => one.part).filter((part) => part > 0))
    assert.ok(sent.size < PARTS, `${[...sent]} were sent after the stop`)
  })

  test('pressed twice, Ctrl-C waits for nothing; SIGTERM has a status of its own; where no server answers, its address is named at once', async () => {
    for (const [signals, status] of [
      [['SIGINT', 'SIGINT'], 130],
      [['SIGTERM'], 143],
    ] as const) {
      const run = start(newFile(), '--url', 'http://127.0.0.1:9')
      const said = once(run.process.stdout as Readable, 'data')
      // A line of progress: the command runs, and waits to try again.
      const [line] = await said
      assert.match(
        String(line),
        /"phase":"waiting".*127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)\. Is the server running/,
      )
      for (const signal of signals) run.process.kill(signal)
      assert.equal((await run.ended).code, status, `${signals}`)
    }
  })

  test('told not to resume, it sends everything; told to skip what is there, only what is not the same', async () => {
    proxy.reset()
    const path = newFile()
    const run = start(path)
    proxy.onHead = ({ part }) => {
      if (part === 3) run.process.kill('SIGKILL')
    }
    await run.ended
    proxy.onHead = () => undefined
    proxy.reset()
    const stored = await start(path, '--no-resume').ended
    assert.equal(stored.code, 0)
    assert.equal(proxy.passed.filter((one) => one.part > 0).length, PARTS)
    const { file_id } = stored.events.at(-1) ?? {}
    const skipped = await start(path, '--skip-existing').ended
    assert.equal(skipped.code, 0, skipped.output)
    assert.deepEqual(skipped.events, [
      { event: 'there', file_id, filename: basename(path), size: SIZE, url: `/-/files/${file_id}` },
      { event: 'counted', uploaded: 0, there: 1, failed: 0 },
    ])
    assert.equal(proxy.passed.filter((one) => one.part > 0).length, PARTS)
    // Of the same name and size, and yet another file.
    const changed = Buffer.from(bytes)
    changed[0] = 255 - (changed[0] ?? 0)
    writeFileSync(path, changed)
    const sent = await start(path, '--skip-existing').ended
    assert.deepEqual(
      sent.events.slice(-2).map(({ event }) => event),
      ['done', 'counted'],
    )
  })

  test('leave nothing over in the source but what can be gone on with', async () => {
    const open = await fetch(`${server.url}/-/files/upload/files/-/sessions`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    const { sessions } = await open.json()
    for (const { session_url } of sessions) {
      await fetch(server.url + session_url, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } })
    }
    const found = filesBelow(join(data, 'files'))
    assert.ok(
      found.every((path) => statSync(join(data, 'files', path)).size === SIZE),
      found.join('\n'),
    )
  })
})

test('small files, while the server is killed again and again: each is there once, and nobody has to look', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-client-kill-'))
  const data = join(folder, 'data')
  let server = await startHoldall({ data })
  const proxy = await startWatchedProxy(server.url)
  try {
    const token = await createToken(data, 'root')
    const hashes = new Map<string, string>()
    for (let n = 0; n < SMALL_FILES; n += 1) {
      const content = randomBytes(20_000)
      hashes.set(`small-${n}.bin`, `sha256:${createHash('sha256').update(content).digest('hex')}`)
      writeFileSync(join(folder, `small-${n}.bin`), content)
    }
    let kills = 0
    let restarted: Promise<void> | undefined
    // With the body whole at the server, and its answer not yet here.
    proxy.onBody = ({ method, bytes }) => {
      const due = (SMALL_FILES / (SERVER_KILLS + 1)) * (kills + 1)
      if (method !== 'POST' || bytes < 20_000 || proxy.passed.length < due || kills >= SERVER_KILLS) return
      if (restarted !== undefined) return
      kills += 1
      restarted = server.kill().then(async () => {
        server = await startHoldall({ data })
        proxy.upstream = server.url
        restarted = undefined
      })
    }
    const paths = [...hashes.keys()].map((name) => join(folder, name))
    const args = ['upload', ...paths, '--source', 'files', '--url', proxy.url]
    const { code, stderr } = await runHoldall(args, { HOLDALL_TOKEN: token })
    await restarted
    assert.equal(code, 0, stderr)
    const database = new DatabaseSync(join(data, 'internal.db'), { readOnly: true, timeout: 5_000 })
    const rows = database.prepare('SELECT filename, content_hash FROM datasette_files').all() as {
      filename: string
      content_hash: string
    }[]
    database.close()
    assert.equal(rows.length, SMALL_FILES)
    assert.deepEqual(new Map(rows.map((row) => [row.filename, row.content_hash])).size, SMALL_FILES)
    for (const { filename, content_hash } of rows) assert.equal(content_hash, hashes.get(filename), filename)
    assert.equal(kills, SERVER_KILLS)
    t.diagnostic(`${kills} kills, ${SMALL_FILES} files`)
  } finally {
    await proxy.close()
    await server.stop()
    rmSync(folder, { recursive: true })
  }
})

test('to a bucket, no byte of the file goes through the server, and a kill loses nothing there either', {
  skip: skipS3,
}, async () => {
  const bucket = await makeBucket('client')
  const folder = mkdtempSync(join(tmpdir(), 'holdall-client-s3-'))
  const data = join(folder, 'data')
  const source = { storage: 's3', config: bucket.config }
  mkdirSync(data)
  const server = await startHoldall({ data, config: { sources: { media: source } } })
  const proxy = await startWatchedProxy(server.url)
  try {
    const token = await createToken(data, 'root')
    const bytes = randomBytes(SIZE)
    const path = join(folder, 'film.mov')
    writeFileSync(path, bytes)
    const args = ['upload', path, '--source', 'media', '--url', proxy.url, '--json', '--concurrency', '1']
    async function run(strike: (child: ChildProcess, line: string) => void) {
      const child = spawn(process.execPath, [COMMAND, ...args], {
        env: { ...process.env, HOLDALL_TOKEN: token },
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: RUN_LIMIT_MS,
      })
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text
        strike(child, output)
      })
      await once(child, 'close')
      return output
    }
    await run((child, output) => {
      if (sentIn(output) >= 2 * PART) child.kill('SIGKILL')
    })
    assert.equal((await bucket.uploads()).length, 1)
    const output = await run(() => undefined)
    assert.ok(firstSent(output) >= 2 * PART, `it went on from ${firstSent(output)}`)
    assert.ok(proxy.passed.every((one) => one.bytes < 4_096))
    const [key = '', ...others] = await bucket.keys()
    assert.deepEqual(others, [])
    assert.deepEqual(await bucket.uploads(), [])
    assert.ok((await bucket.get(key)).equals(bytes))
  } finally {
    await proxy.close()
    await server.stop()
    await bucket.remove()
    rmSync(folder, { recursive: true })
  }
})

function eventsIn(output: string): { event: string; sent: number }[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
  return lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'progress')
}

const sentIn = (output: string) => eventsIn(output).at(-1)?.sent ?? 0
const firstSent = (output: string) => eventsIn(output)[0]?.sent ?? 0
