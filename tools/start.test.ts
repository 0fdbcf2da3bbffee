// Runs alone: it measures how quickly the sample starts.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { signIn } from '../test/support/client.ts'
import { sampleObjects } from './sample/database.ts'
import { sampleFiles } from './sample/files.ts'
import { sampleIn } from './sample/place.ts'

const ROOT = dirname(import.meta.dirname)
const QUICK_START_MS = 2000
const QUICK_START_TRIES = 6
const FILES = sampleFiles(sampleObjects())

const folder = mkdtempSync(join(tmpdir(), 'holdall-start-'))
const started = new Set<ChildProcess>()
after(() => {
  for (const child of started) child.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

/** `npm start` without npm, on any free port. */
function start(ports: readonly string[] = ['--port', '0']) {
  const args = [join(ROOT, 'tools', 'boot.mjs'), 'start', '--sample', folder, ...ports]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  started.add(child)
  let output = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const listener of listeners) listener()
    })
  }
  return {
    /** Waits until it has printed this, and gives the match. */
    async says(expected: RegExp): Promise<RegExpExecArray> {
      const { promise, resolve } = Promise.withResolvers<void>()
      const listener = (): void => {
        if (expected.test(output)) resolve()
      }
      listeners.add(listener)
      listener()
      await Promise.race([promise, ended])
      const match = expected.exec(output)
      assert.ok(match, `it ended without saying ${expected}:\n${output}`)
      return match
    },
    async stop(): Promise<void> {
      child.kill('SIGTERM')
      await ended
    },
    /** Its exit status, once it has ended by itself. */
    status: async () => (await ended)[0],
  }
}

async function json(
  url: string,
): Promise<Record<string, unknown> & { files: unknown[]; rows: Record<string, string>[] }> {
  const response = await fetch(url)
  assert.equal(response.status, 200, url)
  return await response.json()
}

test('npm start serves the sample, goes on where it was stopped, and is quick once it is complete', async (t) => {
  const first = start()
  const [, link] = await first.says(/Sign in as root.*(http\S+)/)
  assert.equal((await fetch(link as string)).status, 200)
  await first.says(/10 of 53/)
  await first.stop()

  const second = start()
  const [, url] = await second.says(/Holdall serves at (\S+?)\/?\n/)
  await second.says(/The sample is complete/)
  const photographs = await json(`${url}/-/files/browse/photographs.json?_size=100`)
  const documents = await json(`${url}/-/files/browse/documents.json?_size=100`)
  // A file that was sent and not noted is the one that may be there twice.
  const there = photographs.files.length + documents.files.length
  assert.ok(there === FILES.length || there === FILES.length + 1, `${there} of ${FILES.length} files`)

  const { rows } = await json(`${url}/collection/objects/SK~2E1931~2E002.json`)
  const [row] = rows
  assert.match(row?.image ?? '', /^df-/)
  const shots = FILES.filter(({ key, column }) => key === 'SK.1931.002' && column === 'photos')
  assert.equal(JSON.parse(row?.photos ?? '[]').length, shots.length)
  const picture = FILES.find(({ key, column }) => key === 'SK.1931.002' && column === 'image')
  const download = await fetch(`${url}/-/files/${row?.image}/download`)
  assert.equal(download.headers.get('content-type'), 'image/jpeg')
  assert.ok(Buffer.from(await download.arrayBuffer()).equals((await picture?.make()) ?? Buffer.of()))
  const internal = new DatabaseSync(join(sampleIn(folder).data, 'internal.db'), { readOnly: true })
  const open = internal.prepare('SELECT name FROM tokens WHERE revoked_at IS NULL').all()
  internal.close()
  assert.deepEqual(open, [], 'the tokens of both starts have ended')
  await second.stop()

  const times: number[] = []
  while (times.length < QUICK_START_TRIES && Math.min(...times) >= QUICK_START_MS) {
    const began = performance.now()
    const again = start()
    await again.says(/Sign in as root/)
    times.push(performance.now() - began)
    await again.stop()
  }
  t.diagnostic(`up again in ${times.map((time) => `${time.toFixed(0)} ms`).join(', ')}`)
  assert.ok(Math.min(...times) < QUICK_START_MS, `${times} ms`)

  // A database of one's own is served without the sample, and folders beside it are listed as they are.
  const mine = join(folder, 'mine.db')
  new DatabaseSync(mine).exec('CREATE TABLE letters (id INTEGER PRIMARY KEY)')
  mkdirSync(join(folder, 'Old scans'))
  writeFileSync(join(folder, 'Old scans', 'one.txt'), 'one')
  const alone = start(['--port', '0', mine, '--files', join(folder, 'Old scans')])
  const [, address] = await alone.says(/Holdall serves at (\S+?)\/?\n/)
  const [, ownLink] = await alone.says(/Sign in as root.*(http\S+)/)
  const catalog = (await (await fetch(`${address}/.json`)).json()) as { databases: { name: string }[] }
  assert.deepEqual(
    catalog.databases.map(({ name }) => name),
    ['mine'],
  )
  const root = await signIn(address as string, ownLink as string)
  const { body } = await root.json<{ sources: { slug: string; label: string }[] }>('/-/files/sources.json')
  assert.deepEqual(
    body.sources.map(({ slug, label }) => [slug, label]),
    [
      ['files', 'Files'],
      ['old-scans', 'Old scans'],
    ],
  )
  await alone.stop()
  // What is written into its configuration stays, and a folder that is given later comes to it.
  const ownConfig = join(folder, 'own', 'holdall.yaml')
  writeFileSync(ownConfig, `# mine\nallow: { id: root }\n${readFileSync(ownConfig, 'utf8')}`)
  mkdirSync(join(folder, 'old-scans'))
  const closed = start(['--port', '0', mine, '--files', join(folder, 'Old scans'), join(folder, 'old-scans')])
  const [, closedAt] = await closed.says(/Holdall serves at (\S+?)\/?\n/)
  assert.equal((await fetch(`${closedAt}/mine.json`)).status, 401)
  // While it runs, it is the same with fewer folders, and without one more; other databases are another.
  const command = [mine, '--files', join(folder, 'Old scans')]
  const fewer = start([mine])
  await fewer.says(new RegExp(`running here already, at ${closedAt}\n`))
  assert.equal(await fewer.status(), 0)
  const more = start([...command, join(folder, 'data')])
  await more.says(/It has no source for \S+data yet: stop it, then start it with the same command again\.\n/)
  assert.equal(await more.status(), 1)
  const another = join(folder, 'another.db')
  new DatabaseSync(another).exec('CREATE TABLE notes (id INTEGER PRIMARY KEY)')
  const apartFrom = start([another])
  await apartFrom.says(
    new RegExp(`Another Holdall runs at ${closedAt}, with other databases on the same data; this one`),
  )
  await apartFrom.stop()
  await closed.stop()
  const kept = readFileSync(ownConfig, 'utf8')
  assert.match(kept, /^# mine\nallow: \{ id: root \}\n/)
  assert.deepEqual(kept.match(/^ {2}\S+:$/gm), ['  files:', '  old-scans:', '  old-scans-2:'])
  const lost = start(['--files', folder])
  await lost.says(/--files belongs to a database: npm start -- my\.db --files FOLDER/)
  await lost.stop()
  const apart = start(['--data', folder])
  await apart.says(/The sample keeps its data beside itself, wherever it is: npm start -- --sample FOLDER/)
  await apart.stop()

  // Where somebody else has the usual port already, this fails to take it, and it is as taken.
  const other = createServer().on('error', () => {})
  other.listen(8001, '127.0.0.1')
  // Not `once`: waiting for `listening`, it rejects with the error.
  await new Promise((resolve) => other.once('listening', resolve).once('error', resolve))
  const aside = start([])
  const [, where] = await aside.says(/Holdall serves at (\S+?)\/?\n/)
  const [, told] = await aside.says(/Port 8001 is taken.* this one is at (\S+)\. To choose the port: .*--port N\n/)
  assert.equal(told, where)

  // Who calls it twice is told where the first one is; what a killed one leaves counts for nothing.
  const twice = start([])
  await twice.says(new RegExp(`running here already, at ${where}\nFor another sign-in link: npx holdall link root -c `))
  await twice.says(/To start another server beside it, on the same data: npm start -- --port N\n/)
  assert.equal(await twice.status(), 0)
  const note = join(sampleIn(folder).data, 'npm-start.json')
  const noted = readFileSync(note)
  await aside.stop()
  assert.ok(!existsSync(note))
  writeFileSync(note, noted)
  const afterAll = start([])
  await afterAll.says(/Holdall serves at /)
  await afterAll.stop()
  other.close()

  // It is the same wherever it is served; only who asks for another port gets a second one.
  const chosen = start(['--port=0', '--host', '127.0.0.1'])
  const [, chosenAt = ''] = await chosen.says(/Holdall serves at (\S+?)\/?\n/)
  for (const ports of [[], ['--port', new URL(chosenAt).port]]) {
    const same = start(ports)
    await same.says(
      new RegExp(`running here already, at ${chosenAt}\nFor another sign-in link: npx holdall link root -c `),
    )
    assert.equal(await same.status(), 0)
  }
  const beside = start(['-p', '0'])
  const [, besideAt] = await beside.says(/Holdall serves at (\S+?)\/?\n/)
  assert.notEqual(besideAt, chosenAt)
  await beside.stop()
  await chosen.stop()
})
