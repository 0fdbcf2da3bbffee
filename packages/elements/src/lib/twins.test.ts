import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredFile } from '@holdall/client'
import { chooseTwin, type Twin, twinsOfStored, twinWords } from './twins.ts'

const ONE: Twin = {
  id: 'df-1',
  filename: 'one.bin',
  url: '/-/files/df-1',
  source: 'media',
  hash: null,
  same: false,
  others: 0,
}
const SAME: Twin = { ...ONE, id: 'df-2', source: 'films', hash: 'sha256:a', same: true }

test('of another source something is said only where the bytes are the same, and its name is said', () => {
  assert.equal(chooseTwin([ONE], 'films'), null)
  assert.equal(chooseTwin([SAME, ONE], 'media'), ONE, 'what lies in this source goes before')
  assert.equal(chooseTwin([SAME], 'media'), SAME)
  assert.equal(twinWords(SAME, 'Bucket films'), 'The same file is in Bucket films already')
  assert.equal(twinWords(SAME, null), 'The same file is here already')
  assert.equal(twinWords(ONE, null), 'A file of this name and size is here already')
})

test('once it is stored, what was found before is still said, unless the hashes tell them apart', () => {
  const known = { ...ONE, hash: 'sha256:a' }
  assert.deepEqual(twinsOfStored(stored({ content_hash: null }), [known], 'media'), [known])
  assert.deepEqual(twinsOfStored(stored({ content_hash: 'sha256:a' }), [known], 'media'), [{ ...known, same: true }])
  assert.deepEqual(twinsOfStored(stored({ content_hash: 'sha256:b' }), [known], 'media'), [])
  assert.deepEqual(twinsOfStored(stored({ content_hash: 'sha256:b' }), [ONE], 'media'), [ONE])
})

test('a file is no twin of itself, found before its own upload was answered', () => {
  assert.deepEqual(twinsOfStored(stored({}), [{ ...ONE, id: 'df-new' }, ONE], 'media'), [ONE])
})

test('what the answer says of the bytes goes before what was found by name', () => {
  const duplicates = ['media', 'films'].map((source_slug, at) => ({
    id: `df-${at}`,
    filename: 'other.bin',
    source_slug,
    url: `/-/files/df-${at}`,
  }))
  const twins = twinsOfStored(stored({ duplicates }), [ONE], 'media')
  assert.deepEqual(
    twins.map(({ filename, source, same, others }) => [filename, source, same, others]),
    [
      ['other.bin', 'media', true, 1],
      ['other.bin', 'films', true, 1],
    ],
  )
})

function stored(file: Record<string, unknown>): StoredFile {
  return { file_id: 'df-new', filename: 'one.bin', file } as unknown as StoredFile
}
