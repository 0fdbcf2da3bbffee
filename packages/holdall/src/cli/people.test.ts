import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { readLink } from '../access/sign-in-links.ts'
import { findToken } from '../access/tokens.ts'
import { ACTIONS } from '../config/actions.ts'
import { openInternalDatabase } from '../database/internal.ts'
import { rememberAddress } from './address.ts'
import { COMMANDS } from './commands.ts'
import { type Ran, runCommand } from './test-run.ts'

const data = mkdtempSync(join(tmpdir(), 'holdall-cli-'))
after(() => rmSync(data, { recursive: true }))
await (await openInternalDatabase(join(data, 'internal.db'))).close()

async function run(...argv: string[]): Promise<Ran> {
  return await runCommand(argv.includes('--data') ? argv : [...argv, '--data', data])
}

test('link prints an address that signs in as the person, where the server was last reached', async () => {
  const first = await run('link', 'bob')
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /^http:\/\/127\.0\.0\.1:8001\/-\/sign-in\?token=hls_[\w-]{43}\n$/)
  rememberAddress(data, 'http://localhost:4321/data/')
  assert.match((await run('link', 'bob')).stdout, /^http:\/\/localhost:4321\/data\/-\/sign-in\?token=/)
  assert.match((await run('link', 'bob', '--url', 'https://a.test')).stdout, /^https:\/\/a\.test\/-\/sign-in\?token=/)
  const db = await openInternalDatabase(join(data, 'internal.db'))
  assert.equal(await readLink(db, Date.now, new URL(first.stdout).searchParams.get('token') ?? ''), 'bob')
  await db.close()
})

test('token create says of a place that is not there now that it is not, and makes the token', async () => {
  const museum = join(data, 'museum.db')
  const database = new DatabaseSync(museum)
  database.exec('CREATE TABLE objects (id INTEGER PRIMARY KEY)')
  database.close()
  const file = join(data, 'museum.yaml')
  writeFileSync(
    file,
    JSON.stringify({
      databases: { museum: { path: museum } },
      sources: { photos: { storage: 'filesystem', config: { root: data } } },
    }),
  )
  const made = async (...restrict: string[]) => {
    const { code, stdout, stderr } = await run(
      'token',
      'create',
      'robot',
      ...restrict.flatMap((one) => ['--restrict', one]),
      '-c',
      file,
    )
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^hlt_[\w-]{43}\n$/)
    return stderr
  }
  assert.equal(await made('files-upload:photos', 'insert-row:museum/OBJECTS', 'insert-row:museum', 'view-table'), '')
  assert.equal(
    await made(
      'files-upload:nosuch',
      'insert-row:museum/nosuch',
      'view-table:elsewhere/objects',
      'edit-collection:nosuch',
    ),
    [
      'There is no source nosuch now.',
      'There is no table museum/nosuch now.',
      'The configuration names no database elsewhere.',
      'There is no collection nosuch now.',
    ]
      .map((said) => `holdall: ${said} The token was made all the same.\n`)
      .join(''),
  )
  const without = await run('token', 'create', 'robot', '--restrict', 'insert-row:museum/objects')
  assert.deepEqual([without.code, without.stderr], [0, ''], 'databases are given to the server as well')
})

test('token create prints the token alone, with its expiry and restrictions kept', async () => {
  const made = await run(
    'token',
    'create',
    'robot',
    '--expires',
    '7',
    '--restrict',
    'files-upload:photos',
    '--restrict',
    'view-table',
  )
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, /^hlt_[\w-]{43}\n$/)
  assert.equal(made.stderr, 'holdall: There is no source photos now. The token was made all the same.\n')
  const db = await openInternalDatabase(join(data, 'internal.db'))
  const found = await findToken(db, Date.now, made.stdout.trim())
  assert.equal(found?.actor.id, 'robot')
  assert.deepEqual(found?.actor._r, [
    { action: 'files-upload', resource: { kind: 'source', parent: 'photos' } },
    { action: 'view-table' },
  ])
  const inEightDays = Date.now() + 8 * 24 * 3600 * 1000
  assert.equal(await findToken(db, () => inEightDays, made.stdout.trim()), undefined)
  await db.close()
})

test('where no server has its data, link and token make none and say what to do', async () => {
  const elsewhere = join(data, 'elsewhere')
  for (const argv of [
    ['link', 'bob'],
    ['token', 'create', 'bob'],
  ]) {
    const { code, stdout, stderr } = await run(...argv, '--data', elsewhere)
    assert.deepEqual([code, stdout], [1, ''], argv[0])
    assert.match(stderr, /there is no .*elsewhere.internal\.db\. Name the folder .* --data FOLDER/)
  }
  assert.equal(existsSync(elsewhere), false)
})

test('a link that works only on this computer says so, beside the link', async () => {
  for (const [url, warned] of [
    ['http://127.0.0.1:8001/', true],
    ['http://[::1]:8001/', true],
    ['http://museum.test/', false],
  ] as const) {
    const { stdout, stderr } = await run('link', 'bob', '--url', url)
    assert.match(stdout, /^http\S+\n$/)
    assert.equal(/works only on this computer\..*--host 0\.0\.0\.0/.test(stderr), warned, url)
  }
})

test('wrong usage is exit 2 and one sentence, and makes nothing', async () => {
  const before = readdirSync(data)
  const cases = [
    ['link'],
    ['link', 'a', 'b'],
    ['link', 'bob', '--url', 'ftp://x'],
    ['token'],
    ['token', 'make', 'bob'],
    ['token', 'create', 'bob', '--expires', '0'],
    ['token', 'create', 'bob', '--expires', '3651'],
    ['token', 'create', 'bob', '--restrict', 'fly'],
    ['token', 'create', 'bob', '--unknown'],
  ]
  for (const argv of cases) {
    const { code, stdout, stderr } = await run(...argv)
    assert.deepEqual([code, stdout], [2, ''], argv.join(' '))
    assert.match(stderr, /^holdall: [^\n]+\nholdall (link|token) --help tells how it is written\.\n$/)
    assert.doesNotMatch(stderr, /positional/)
  }
  assert.equal((await run('link', ' ')).code, 1)
  assert.deepEqual(readdirSync(data), before)
})

test('each command tells how it is written, and what each of its options means', async () => {
  for (const [name, { usage, options }] of Object.entries(COMMANDS)) {
    const { code, stdout } = await run(name, '--help')
    assert.equal(code, 0)
    for (const line of usage) assert.ok(line.startsWith(`${name} `) && stdout.includes(`  holdall ${line}\n`), line)
    const told = Object.keys(options).join(' ')
    if (name === 'token') for (const action of ACTIONS.keys()) assert.match(stdout, new RegExp(`^  ${action}\\b`, 'm'))
    for (const [flag] of usage.join(' ').matchAll(/--[\w-]+/g)) assert.ok(told.includes(flag), `${name} ${flag}`)
  }
})
