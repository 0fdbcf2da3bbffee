// Runs alone: it measures how quickly the sample starts.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { sampleObjects } from './sample/database.ts'
import { sampleFiles } from './sample/files.ts'
import { sampleIn } from './sample/place.ts'
import { npmStart } from './test-start.ts'

const QUICK_START_MS = 2000
const QUICK_START_TRIES = 6
const FILES = sampleFiles(sampleObjects())

const folder = mkdtempSync(join(tmpdir(), 'holdall-start-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** On any free port. */
const start = (given: readonly string[] = ['--port', '0']) => npmStart(folder, given)

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
  await twice.says(/To start another server beside it, on the same data: npm start -- --sample \S+ --port N\n/)
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
