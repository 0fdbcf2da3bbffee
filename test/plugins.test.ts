import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { withToken } from './support/client.ts'
import { createToken, type RunningHoldall, runHoldall, startHoldall } from './support/holdall.ts'

const ROOT = dirname(import.meta.dirname)
const DOOR = fileURLToPath(import.meta.resolve('holdall/plugin'))
const PATIENCE_MS = 10_000

let folder: string

/** Plugins as their authors write them and as a server meets them. */
describe('plugins', () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-plugin-'))
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(join(ROOT, 'packages', 'holdall'), join(folder, 'node_modules', 'holdall'))
    symlinkSync(join(ROOT, 'node_modules', 'zod'), join(folder, 'node_modules', 'zod'))
    writeFileSync(join(folder, 'memory.ts'), example())
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('the example of the door serves a file', async (t) => {
    const config = configuration('good.json', {
      plugins: { './memory.ts': {} },
      sources: { said: { storage: 'memory', config: { greeting: 'hello' }, permissions: { 'files-browse': true } } },
    })
    const holdall: RunningHoldall = await startHoldall({ data: join(folder, 'data'), config })
    t.after(() => holdall.stop())
    const alice = withToken(holdall.url, await createToken(holdall.data, 'alice'))
    let id: string | undefined
    for (const deadline = Date.now() + PATIENCE_MS; id === undefined && Date.now() < deadline; await sleep(50)) {
      id = (await alice.json<{ files: { id: string }[] }>('/-/files/search.json')).body.files[0]?.id
    }
    const answer = await alice.get(`/-/files/${id}/download`)
    assert.deepEqual([answer.status, await answer.text()], [200, 'hello'])
    const verified = await runHoldall(['verify', 'said', '--data', holdall.data, '-c', config])
    assert.match(verified.stdout, /^said: 1 file, 5 bytes; /, verified.stderr)
  })

  test('what is wrong with plugins is said with all else that is wrong, before anything listens', async () => {
    const config = configuration('bad.json', {
      plugins: { './absent.ts': {}, './memory.ts': ['a'], '@holdall/storage-s3': { bucket: 'b' } },
      sources: {
        one: { storage: 'memory' },
        two: { storage: 's3', config: {} },
        three: { storage: 'http', config: { ulrs: [] } },
      },
      settings: { sql_time_limit: 5 },
    })
    const { code, stdout, stderr } = await runHoldall([
      'serve',
      '-c',
      config,
      '--data',
      join(folder, 'never'),
      '-p',
      '0',
    ])
    assert.deepEqual([code, stdout], [2, ''])
    for (const problem of [
      /plugins\["\.\/absent\.ts"\]: is not there: there is no such file/,
      /plugins\["\.\/memory\.ts"\]: must be a block of options/,
      /plugins\["@holdall\/storage-s3"\]: .*bucket/,
      /sources\.one\.storage: names the storage memory, which nothing provides/,
      /sources\.two\.storage: names the storage s3, which comes with @holdall\/storage-s3, which could not be loaded/,
      /sources\.three\.config/,
      /settings\.sql_time_limit/,
    ]) {
      assert.match(stderr, problem)
    }
    const beside = await runHoldall(['sync', 'one', '-c', config, '--data', join(folder, 'data')])
    assert.equal(beside.code, 2, 'a command beside the server says so too')
  })

  test('a source in S3 needs nothing more, and is refused for what is wrong with it alone', async () => {
    const config = configuration('s3.json', { sources: { two: { storage: 's3', config: { bucket: 'a/b' } } } })
    const { code, stderr } = await runHoldall(['serve', '-c', config, '--data', join(folder, 'never'), '-p', '0'])
    assert.equal(code, 2)
    assert.match(stderr, /sources\.two\.config\.bucket: must be the name of a bucket/)
  })
})

function configuration(name: string, content: object): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}

/** The code of the door's own comment. */
function example(): string {
  const comment = /@example\n([\s\S]*?)\n \*\//.exec(readFileSync(DOOR, 'utf8'))?.[1] ?? ''
  return comment.replace(/^ \* ?/gm, '')
}
