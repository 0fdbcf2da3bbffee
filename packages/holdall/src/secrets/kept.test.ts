import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openInternalDatabase } from '../database/internal.ts'
import type { HoldallError } from '../web/error.ts'
import { fc } from '../web/test-chance.ts'
import { createKeptSecrets } from './kept.ts'
import { createSecrets } from './named.ts'
import { createSeal } from './seal.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-kept-'))
const path = join(folder, 'internal.db')
const database = await openInternalDatabase(path)
const kept = createKeptSecrets(database, 'the server secret')
after(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

test('what is kept is there again, replaced, listed without its value, and removed', async () => {
  await kept.set('PHOTOS_KEY', 'one')
  await kept.set('PHOTOS_KEY', 'two ü')
  await kept.set('ARCHIVE', 'three')
  assert.equal(await kept.get('PHOTOS_KEY'), 'two ü')
  assert.deepEqual(
    (await kept.list()).map(({ name }) => name),
    ['ARCHIVE', 'PHOTOS_KEY'],
  )
  assert.deepEqual([await kept.remove('ARCHIVE'), await kept.remove('ARCHIVE')], [true, false])
  assert.equal(await kept.get('ARCHIVE'), undefined)
})

test('the environment comes first, and the names of the server secret are nobody else’s', async () => {
  await kept.set('SHARED', 'kept')
  assert.equal(await createSecrets({ SHARED: 'of the environment' }, kept).getSecret('SHARED'), 'of the environment')
  assert.equal(await createSecrets({}, kept).getSecret('SHARED'), 'kept')
  for (const name of ['HOLDALL_SECRET', 'a b', '', '1A']) {
    await assert.rejects(kept.set(name, 'x'), (error: HoldallError) => error.code === 'secret_name_invalid')
    assert.equal(await createSecrets({}, kept).getSecret(name), undefined)
  }
})

test('its value is in no file in the clear, and another server secret does not open it', async () => {
  const value = 'correct horse battery staple'
  await kept.set('CLEAR', value)
  for (const file of [path, `${path}-wal`]) assert.ok(!readFileSync(file).includes(value), file)
  await assert.rejects(
    createKeptSecrets(database, 'another').get('CLEAR'),
    (error: HoldallError) => error.code === 'secret_sealed' && /holdall secrets set CLEAR/.test(error.message),
  )
})

test('what is sealed opens for its own name alone, and not when a bit of it has changed', () => {
  const { seal, open } = createSeal('secret')
  const property = fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, at) => {
    const sealed = seal('NAME', text)
    assert.equal(open('NAME', sealed), Buffer.from(text).toString())
    assert.equal(open('OTHER', sealed), undefined)
    const changed = Uint8Array.from(sealed)
    changed[at % changed.length] = (changed[at % changed.length] as number) ^ 1
    assert.equal(open('NAME', changed), undefined)
  })
  fc.assert(property, { numRuns: 200 })
  for (const length of [0, 11, 12, 27, 28]) assert.equal(open('NAME', new Uint8Array(length)), undefined)
})
