import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assemble } from '../app/holdall.ts'
import { loadConfig } from '../config/config.ts'
import { openInternalDatabase } from '../database/internal.ts'
import { findCollection } from '../datasets/collections/rows.ts'
import { createLog } from '../web/log.ts'
import { main } from './main.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-collections-'))
const data = join(folder, 'data')
// A server has been here: it has made the organization and the source.
const server = await assemble({
  config: loadConfig({ env: {}, cwd: folder }).config,
  data,
  env: {},
  log: createLog(() => {}),
})
await server.close()
after(() => rmSync(folder, { recursive: true, force: true }))

async function run(...argv: string[]) {
  let stdout = ''
  let stderr = ''
  const code = await main(['collections', ...argv, '--data', data], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    signal: new AbortController().signal,
  })
  return { code, stdout, stderr }
}

test('a collection is made and listed, each on a line', async () => {
  assert.deepEqual(await run('list'), { code: 0, stdout: '', stderr: '' })
  const made = await run(
    'create',
    'medicaid',
    '--label',
    'Medicaid',
    '--source',
    'files',
    '--view',
    'ann, ben',
    '--query',
    '*',
  )
  assert.equal(made.code, 0, made.stderr)
  const [, organization = ''] = /^([0-9a-f-]{36})\/medicaid\n$/.exec(made.stdout) ?? []
  assert.equal((await run('list')).stdout, made.stdout)
  const db = await openInternalDatabase(join(data, 'internal.db'))
  const collection = await findCollection(db, organization, 'medicaid')
  await db.close()
  assert.deepEqual(
    [collection?.label, collection?.source, collection?.allow],
    ['Medicaid', 'files', { 'view-collection': { id: ['ann', 'ben'] }, 'query-collection': { id: '*' } }],
  )
  const listed = JSON.parse((await run('list', '--json')).stdout)
  assert.deepEqual([listed.id, listed.dataset_count], ['medicaid', 0])
})

test('what is wrong is said with what to write', async () => {
  for (const [argv, code, message] of [
    [[], 2, /Write: holdall collections list/],
    [['create'], 2, /Write: holdall collections/],
    [['list', 'x'], 2, /Write: holdall collections/],
    [['create', 'a/b'], 2, /ID: Use up to 100 letters/],
    [['create', 'other', '--source', 'nope'], 2, /--source: There is no source nope\. There is: files\./],
    [['create', 'other', '--organization', 'x'], 2, /--organization: Must be a UUID/],
    [['create', 'medicaid'], 1, /There is a collection medicaid already/],
  ] as const) {
    const answer = await run(...argv)
    assert.equal(answer.code, code, argv.join(' '))
    assert.match(answer.stderr, message)
    assert.equal(answer.stdout, '')
  }
})
