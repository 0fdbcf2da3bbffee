import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '../../config/config.ts'
import { openInternalDatabase } from '../../database/internal.ts'
import { unwatched } from '../../sources/filesystem/io.ts'
import { filesystemType } from '../../sources/filesystem/storage.ts'
import { createSources } from '../../sources/sources.ts'
import { createLog } from '../../web/log.ts'
import { addDataset } from '../adding.ts'
import { findCollection, recordCollections } from '../collections/rows.ts'
import { ORGANIZATION, testDataset } from '../testing.ts'
import { createObjectHashing } from './hashing.ts'

test('a database that cannot be read for a moment is asked again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-hashing-'))
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  const logged: string[] = []
  const log = createLog((line) => logged.push(line))
  const sources = await createSources({
    database,
    config: loadConfig({ env: {}, cwd: folder, overrides: {} }).config,
    types: [filesystemType({ before: unwatched })],
    getSecret: async () => undefined,
    dataDirectory: folder,
    log,
  })
  const source = sources.get('files')
  await source.check()
  mkdirSync(join(folder, 'files'), { recursive: true })
  writeFileSync(join(folder, 'files', 'part.parquet'), 'its bytes')
  await recordCollections(database, [{ organization: ORGANIZATION, id: 'hashed' }])
  const collection = (await findCollection(database, ORGANIZATION, 'hashed'))?.seq ?? 0
  const file = { sourceId: source.id, path: 'part.parquet', filename: 'part.parquet', sizeBytes: 9, rowCount: 3 }
  const files = [{ ...file, role: 'data', etag: null, contentHash: null } as const]
  await addDataset(database, testDataset(collection, 'one', { files, sizeBytes: 9 }))

  let left = 3
  const busy = {
    ...database,
    get read() {
      if (left === 0) return database.read
      left -= 1
      throw new Error('database is locked')
    },
  }
  const hashing = createObjectHashing({ database: busy, sources, isAsked: () => false, log, lookEvery: 10 })
  t.after(async () => {
    await hashing.close()
    await sources.close()
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  })
  hashing.start()
  const hashOf = () => database.read.selectFrom('dataset_files').select('content_hash').executeTakeFirstOrThrow()
  for (let waited = 0; waited < 400 && (await hashOf()).content_hash === null; waited += 1) await sleep(25)
  const digits = createHash('sha256').update('its bytes').digest('hex')
  assert.equal((await hashOf()).content_hash, `sha256:${digits}`, logged.join(''))
  assert.equal(logged.filter((line) => line.includes('not looked for, trying later')).length, 3)
})
