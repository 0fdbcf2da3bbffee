import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { HoldallError } from '../web/error.ts'
import { createSecrets } from './named.ts'
import { resolveServerSecret, SECRET_FILE } from './server-secret.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-secrets-'))
after(() => rmSync(folder, { recursive: true }))

test('the option comes before HOLDALL_SECRET, that before DATASETTE_SECRET, and none of them is kept', async () => {
  const dataDirectory = join(folder, 'given')
  const env = { HOLDALL_SECRET: 'ours', DATASETTE_SECRET: 'theirs' }
  assert.equal(await resolveServerSecret({ option: 'option', env, dataDirectory }), 'option')
  assert.equal(await resolveServerSecret({ env, dataDirectory }), 'ours')
  assert.equal(await resolveServerSecret({ env: { DATASETTE_SECRET: 'theirs' }, dataDirectory }), 'theirs')
  assert.throws(() => statSync(join(dataDirectory, SECRET_FILE)), /ENOENT/)
})

test('without one a secret is made, kept for its owner alone, and is the same for all who start at once', async () => {
  const dataDirectory = join(folder, 'kept', 'deep')
  const found = await Promise.all(Array.from({ length: 20 }, () => resolveServerSecret({ env: {}, dataDirectory })))
  assert.equal(new Set(found).size, 1)
  assert.match(found[0] ?? '', /^[0-9a-f]{64}$/)
  const path = join(dataDirectory, SECRET_FILE)
  assert.deepEqual(readdirSync(dataDirectory), [SECRET_FILE])
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(readFileSync(path, 'utf8').trim(), found[0])
  chmodSync(path, 0o644)
  assert.equal(await resolveServerSecret({ env: { HOLDALL_SECRET: '' }, dataDirectory }), found[0])
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('the file of the secret is never there without the secret', async () => {
  const dataDirectory = join(folder, 'watched')
  mkdirSync(dataDirectory)
  const seen = new Set<string>()
  const watcher = watch(dataDirectory, (_event, name) => {
    if (name === SECRET_FILE && existsSync(join(dataDirectory, SECRET_FILE))) {
      seen.add(readFileSync(join(dataDirectory, SECRET_FILE), 'utf8').trim())
    }
  })
  const secret = await resolveServerSecret({ env: {}, dataDirectory })
  // The system tells of it in a moment of its own.
  while (!seen.has(secret)) await sleep(5)
  watcher.close()
  assert.deepEqual([...seen], [secret])
})

test('an empty secret is refused, not used', async () => {
  writeFileSync(join(folder, SECRET_FILE), ' \n')
  await assert.rejects(
    resolveServerSecret({ env: {}, dataDirectory: folder }),
    (error) => error instanceof HoldallError && error.code === 'secret_unreadable',
  )
})

test("named secrets come from the environment; the server's own are never given away", async () => {
  const { getSecret } = createSecrets({
    PHOTOS_KEY: 'one',
    DATASETTE_SECRETS_ARCHIVE: 'two',
    EMPTY: '',
    HOLDALL_SECRET: 'ours',
    DATASETTE_SECRET: 'theirs',
  })
  assert.equal(await getSecret('PHOTOS_KEY'), 'one')
  assert.equal(await getSecret('ARCHIVE'), 'two')
  for (const name of ['EMPTY', 'NONE', 'HOLDALL_SECRET', 'DATASETTE_SECRET', '', '__proto__', 'a b']) {
    assert.equal(await getSecret(name), undefined, name)
  }
})
