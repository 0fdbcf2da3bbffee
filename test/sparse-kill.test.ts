import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  closeSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { filesBelow } from './support/below.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'
import { startWatchedProxy, type WatchedProxy } from './support/watched-proxy.ts'

const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))
const GIB = 1024 ** 3
/** Twenty gigabytes in the long form; else enough for a third to be many parts. */
const SIZE = (process.env.HOLDALL_TEST_LONG === undefined ? GIB / 2 : 20 * GIB) + 1
const AT_ONCE = 4
const LIMIT_MS = 50 * 60_000

/** What comes does not come sparse: it takes its size on the disk. */
function lack(): string | false {
  const { bavail, bsize } = statfsSync(tmpdir())
  return bavail * bsize < SIZE + 2 * GIB ? `${tmpdir()} has no room for ${SIZE} bytes` : false
}

describe('a film of many gigabytes', { skip: lack() }, () => {
  let config: object
  let root: string
  let folder: string
  let data: string
  let server: RunningHoldall
  let proxy: WatchedProxy
  let token: string
  let path: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-sparse-'))
    data = join(folder, 'data')
    root = join(folder, 'files')
    config = { sources: { files: { storage: 'filesystem', max_file_size: 2 * SIZE, config: { root } } } }
    mkdirSync(data)
    server = await startHoldall({ data, config })
    token = await createToken(data, 'root')
    proxy = await startWatchedProxy(server.url)
    path = join(folder, 'film.mov')
    const file = openSync(path, 'w')
    truncateSync(path, SIZE)
    for (let at = 0; at < SIZE; at += GIB / 64) writeSync(file, randomBytes(64), 0, 64, at)
    closeSync(file)
  })
  after(async () => {
    await proxy?.close()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  function start() {
    const args = ['upload', path, '--source', 'files', '--url', proxy.url, '--json', '--concurrency', String(AT_ONCE)]
    return spawn(process.execPath, [COMMAND, ...args], {
      env: { ...process.env, HOLDALL_TOKEN: token },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: LIMIT_MS,
    })
  }

  test('loses its server at a third of it and its client at two thirds, and is whole', async (t) => {
    let restarted: Promise<void> | undefined
    const first = start()
    proxy.onBody = (_, total) => {
      if (total > SIZE / 3 && restarted === undefined) {
        restarted = server.kill().then(async () => {
          server = await startHoldall({ data, config })
          proxy.upstream = server.url
        })
      }
      if (total > (2 * SIZE) / 3) first.kill('SIGKILL')
    }
    await once(first, 'close')
    await restarted
    proxy.onBody = () => {}
    assert.equal(first.signalCode, 'SIGKILL')
    const [code] = await once(start(), 'close')
    assert.equal(code, 0)
    const sent = proxy.passed.reduce((sum, { part, bytes }) => sum + (part > 0 ? bytes : 0), 0)
    const partSize = Math.max(...proxy.passed.filter(({ part }) => part > 0).map(({ bytes }) => bytes))
    t.diagnostic(`${sent - SIZE} bytes were sent twice of ${SIZE}, in parts of ${partSize}`)
    assert.ok(sent <= SIZE + 2 * AT_ONCE * partSize, `${sent} bytes were sent`)
    const [stored = '', ...others] = filesBelow(root).map((name) => join(root, name))
    assert.deepEqual(others, [])
    assert.equal(await hashOf(stored), await hashOf(path))
  })
})

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
