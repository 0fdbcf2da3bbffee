import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../config/config.ts'
import { openInternalDatabase } from '../database/internal.ts'
import { createPermissions } from './decide.ts'
import { setGrants } from './grants.ts'
import { compileRules } from './ruleset.ts'
import { createWhoMay } from './who-may.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-who-may-'))
const db = await openInternalDatabase(join(folder, 'internal.db'))
after(async () => {
  await db.close()
  rmSync(folder, { recursive: true })
})

const PHOTOS = { kind: 'source', parent: 'photos' } as const

function asked(browse?: unknown) {
  const sources = { photos: { storage: 'filesystem', config: { root: join(folder, 'photos') } } }
  const permissions = browse === undefined ? {} : { 'files-browse': browse }
  const { rules } = loadConfig({ env: {}, cwd: folder, overrides: { sources, permissions } }).config
  const whoMay = createWhoMay({ db, permissions: createPermissions(db, { rules }), ruleSet: compileRules(rules) })
  return whoMay('files-browse', PHOTOS)
}

test('who may see a source is said as the rules answer, in one line', async () => {
  assert.equal(await asked(), 'Only root')
  assert.equal(await asked(true), 'Everybody')
  assert.equal(await asked({ id: '*' }), 'Everybody who is signed in')
  assert.equal(await asked({ photos: { allow: { id: ['alice', 'bob'] } } }), 'Only alice, bob and root')
  assert.equal(
    await asked({ photos: { allow: { id: 'alice', role: 'curator' } } }),
    'Only alice, whoever has role curator and root',
  )
  const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  assert.equal(await asked({ photos: { allow: { id: many } } }), 'Only a, b, c, d, e, 2 more and root')
})

test('grants count where the file is silent, on the source and on everything, and not where it speaks', async () => {
  await setGrants(db, 'carol', PHOTOS, ['files-browse'], null)
  await setGrants(db, 'dora', { kind: 'instance' }, ['files-browse'], null)
  await setGrants(db, 'erin', { kind: 'source', parent: 'papers' }, ['files-browse'], null)
  await setGrants(db, 'finn', PHOTOS, ['files-upload'], null)
  assert.equal(await asked(), 'Only carol, dora and root')
  assert.equal(await asked({ photos: { allow: { id: 'alice' } } }), 'Only alice and root')
})

test('a source that was made on a page keeps who may with itself', async () => {
  const row = { slug: 'photos', storage_type: 'filesystem', label: null, origin: 'runtime', created_by: 'mia' } as const
  const allow = JSON.stringify({ 'files-browse': { id: ['noa'] } })
  await db.write((trx) =>
    trx
      .insertInto('datasette_files_sources')
      .values({ ...row, allow })
      .execute(),
  )
  assert.equal(await asked(), 'Only noa, mia, carol and root')
  assert.equal(await asked({ photos: { allow: { id: 'alice' } } }), 'Only alice and root')
})
