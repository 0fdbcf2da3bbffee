import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openInternalDatabase } from '../database/internal.ts'
import { type Ran, runCommand } from './test-run.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdall-cli-sources-')))
const data = join(folder, 'data')
const scans = join(folder, 'scans')
after(() => rmSync(folder, { recursive: true }))
mkdirSync(data)
mkdirSync(scans)
const db = await openInternalDatabase(join(data, 'internal.db'))
after(() => db.close())

async function run(...argv: string[]): Promise<Ran> {
  return await runCommand([...argv, '--data', data])
}

test('create prints the slug alone, and keeps what was said', async () => {
  const { code, stdout, stderr } = await run(
    ...['sources', 'create', 'scans', '--set', `root=${scans}`, '--set', 'read_only=true', '--label', 'Old scans'],
    ...[
      '--sync',
      'every 6h',
      '--accept',
      'image/*,.pdf',
      '--browse',
      'alice, bob',
      '--upload',
      '*',
      '--delete',
      'nobody',
    ],
  )
  assert.deepEqual([code, stdout], [0, 'scans\n'], stderr)
  const row = await db.read.selectFrom('datasette_files_sources').selectAll().executeTakeFirstOrThrow()
  assert.deepEqual(
    [row.slug, row.label, row.origin, row.active, row.created_by],
    ['scans', 'Old scans', 'runtime', 1, null],
  )
  assert.deepEqual(JSON.parse(row.config), { root: scans, read_only: 'true' })
  assert.deepEqual(JSON.parse(row.settings), { accept: 'image/*,.pdf', sync: 'every 6h' })
  assert.deepEqual(JSON.parse(row.allow), {
    'files-browse': { id: ['alice', 'bob'] },
    'files-upload': { id: '*' },
    'files-delete': false,
  })
})

test('the doctor looks at it as at any other', async () => {
  const { code, stdout, stderr } = await run('doctor', 'scans', '--json')
  assert.equal(code, 0, stdout + stderr)
  const [line] = stdout.trim().split('\n')
  assert.equal(JSON.parse(line as string).source, 'scans', stdout)
  const unknown = await run('doctor', 'never')
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /There is: files, scans\./)
})

test('list says what each is and whether it can be used; deactivated ones stay, and come back', async () => {
  assert.equal((await run('sources', 'list')).stdout, 'scans\tfilesystem\truntime\tin use\n')
  const { code, stderr } = await run('sources', 'deactivate', 'scans')
  assert.equal(code, 0, stderr)
  assert.match(stderr, /Its files stay listed; holdall sources activate scans brings it back/)
  assert.equal((await run('sources', 'list')).stdout, 'scans\tfilesystem\truntime\tdeactivated\n')
  assert.match((await run('sync', 'scans')).stderr, /scans is deactivated\. Bring it back first/)
  assert.equal((await run('sources', 'activate', 'scans')).code, 0)
  const [listed] = (await run('sources', 'list', '--json')).stdout.split('\n')
  assert.deepEqual(JSON.parse(listed ?? ''), {
    slug: 'scans',
    label: 'Old scans',
    storage: 'filesystem',
    origin: 'runtime',
    active: true,
    available: true,
  })
})

test('what cannot be is one sentence and exit 1; wrong usage is exit 2; nothing is made', async () => {
  const missing = join(folder, 'missing')
  const failures: readonly [string[], RegExp][] = [
    [['create', 'scans', '--set', `root=${scans}`], /There is a source scans already/],
    [['create', 'more', '--set', `root=${missing}`], /There is no folder .*have it made/],
    [['create', 'more', '--set', `root=${data}`], /Holdall keeps its own data there/],
    [['create', 'more', '--storage', 'tape'], /storage: Must be one of filesystem, http, s3/],
    [['create', 'more', '--storage', 's3', '--set', 'bucket=b', '--set', 'access_key_id=NONE'], /secret_access_key/],
    [['deactivate', 'nothing'], /Source not found: nothing/],
  ]
  for (const [argv, expected] of failures) {
    const { code, stderr } = await run('sources', ...argv)
    assert.equal(code, 1, argv.join(' '))
    assert.match(stderr, expected)
  }
  for (const argv of [[], ['list', 'scans'], ['create'], ['burn', 'scans'], ['create', 'a', '--set', 'root']]) {
    assert.equal((await run('sources', ...argv)).code, 2, argv.join(' '))
  }
  assert.equal(existsSync(missing), false)
  assert.equal((await run('sources', 'create', 'made', '--set', `root=${missing}`, '--make')).code, 0)
  assert.ok(existsSync(missing))
})
