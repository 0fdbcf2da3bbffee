import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openInternalDatabase } from '../../database/internal.ts'
import type { FileRecord } from '../record.ts'
import { changeMetadata } from './metadata.ts'

test('what was written into the old picture is not mixed with what the new one says; what people wrote stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-metadata-'))
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  await database.write(async (trx) => {
    await sql`INSERT INTO datasette_files_sources (id, slug, storage_type, origin)
      VALUES (1, 'photos', 'filesystem', 'configuration')`.execute(trx)
    const metadata = {
      exif: { make: 'Kestrel', artist: 'Ægidius' },
      iptc: { caption: 'Lighthouse' },
      box: { number: 7 },
    }
    await sql`INSERT INTO datasette_files (id, source_id, path, filename, metadata)
      VALUES ('df-1', 1, '1', 'a.jpg', ${JSON.stringify(metadata)})`.execute(trx)
    const file = { id: 'df-1', version: null } as unknown as FileRecord
    await changeMetadata(trx, file, { exif: { make: 'Apple' }, iptc: null, image: { format: 'jpeg' } })
  })
  const { metadata } = await database.read.selectFrom('datasette_files').select('metadata').executeTakeFirstOrThrow()
  assert.deepEqual(JSON.parse(metadata), { exif: { make: 'Apple' }, box: { number: 7 }, image: { format: 'jpeg' } })
  await database.close()
  rmSync(folder, { recursive: true })
})
