import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UploadError, type UploadTarget } from '@holdall/client'
import { withNearSource } from './near-source.ts'

const TARGET: UploadTarget = { baseUrl: 'http://h/files/', source: 'bigfolder', token: 'dstok' }
const SOURCES = [
  { slug: 'big-folders', can_upload: false },
  { slug: 'big-folder', can_upload: true },
  { slug: 'media', can_upload: true },
]

test('a source that is not there: the one that was meant is named, of those that the server shows', async () => {
  const asked: [string, unknown][] = []
  const get = (async (url: string, { headers }: RequestInit) => {
    asked.push([url, headers])
    return Response.json({ ok: true, sources: SOURCES })
  }) as typeof fetch
  const missing = new UploadError('source_not_found', 'Source not found: bigfolder', { status: 404 })
  const said = await withNearSource(missing, TARGET, get)
  assert.equal(said.message, 'Source not found: bigfolder. Did you mean big-folder?')
  assert.deepEqual([said.code, said.status], ['source_not_found', 404])
  assert.deepEqual(asked, [
    ['http://h/files/-/files/sources.json', { accept: 'application/json', authorization: 'Bearer dstok' }],
  ])
  assert.equal(await withNearSource(missing, { ...TARGET, source: 'quite-another' }, get), missing)
  const other = new UploadError('file_too_large', 'Too large.')
  assert.equal(await withNearSource(other, TARGET, () => assert.fail('asked')), other)
  assert.equal(await withNearSource(missing, TARGET, () => Promise.reject(new Error('no answer'))), missing)
})
