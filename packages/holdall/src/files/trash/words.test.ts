import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileRecord } from '../record.ts'
import { deletedWords, keptWords } from './words.ts'

const sources = { byId: () => undefined }
const file = (name: string, adopted: boolean, missingSince: string | null = null) =>
  ({ id: name, filename: name, sourceId: 1, adopted, missingSince }) as FileRecord

test('what stays where it lies is said of files that lie there', () => {
  const [there, gone, ours] = [file('a.jpg', true), file('b.jpg', true, '2026-01-01'), file('c.jpg', false)]
  assert.equal(deletedWords(sources, [there]), 'a.jpg moved to trash; the file itself stays where it lies')
  assert.equal(deletedWords(sources, [gone]), 'b.jpg moved to trash')
  assert.equal(deletedWords(sources, [ours]), 'c.jpg moved to trash')
  assert.equal(keptWords(sources, [there, gone]), 'Some of the files themselves stay where they lie')
  assert.equal(keptWords(sources, [there, there]), 'The files themselves stay where they lie')
  assert.equal(keptWords(sources, [gone, ours]), undefined)
})
