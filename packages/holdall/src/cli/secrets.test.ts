import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { openInternalDatabase } from '../database/internal.ts'
import { secretsOf } from './server-secrets.ts'
import { runCommand } from './test-run.ts'

const data = mkdtempSync(join(tmpdir(), 'holdall-cli-secrets-'))
const database = await openInternalDatabase(join(data, 'internal.db'))
after(async () => {
  await database.close()
  rmSync(data, { recursive: true })
})

async function run(input: string, ...argv: string[]) {
  return await runCommand(['secrets', ...argv, '--data', data], { stdin: Readable.from([input]) })
}

test('set reads standard input, list names it without its value, remove ends it', async () => {
  const set = await run('sesame\n', 'set', 'PHOTOS_KEY')
  assert.deepEqual([set.code, set.stdout], [0, ''])
  assert.match(set.stderr, /^Kept PHOTOS_KEY\./)
  assert.equal(await (await secretsOf(database, data, {}))('PHOTOS_KEY'), 'sesame')
  assert.match((await run('', 'list')).stdout, /^PHOTOS_KEY\t\d{4}-[^\n]*\n$/)
  assert.equal((await run('', 'remove', 'PHOTOS_KEY')).code, 0)
  const again = await run('', 'remove', 'PHOTOS_KEY')
  assert.deepEqual([again.code, again.stderr], [1, 'holdall: No secret PHOTOS_KEY is kept.\n'])
})

test('what cannot be meant is refused, and says what to write', async () => {
  for (const argv of [[], ['set'], ['list', 'A'], ['set', 'A', 'value'], ['toString', 'A']]) {
    const { code, stderr } = await run('', ...argv)
    assert.equal(code, 2)
    assert.match(stderr, /holdall secrets set NAME/)
  }
  assert.match((await run('', 'set', 'EMPTY')).stderr, /nothing was given/)
  const { code, stderr } = await run('x', 'set', 'HOLDALL_SECRET')
  assert.deepEqual([code, /named like a variable/.test(stderr)], [1, true])
})
