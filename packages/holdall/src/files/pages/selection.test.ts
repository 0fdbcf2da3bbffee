import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileRecord } from '../record.ts'
import { deletingBar } from './selection.ts'

const sources = { byId: () => undefined }
const ours = { adopted: false } as FileRecord
const adopted = { adopted: true } as FileRecord

test('a bar without “Select all” has words in the room that it keeps', () => {
  const words = (files: readonly FileRecord[], isList: boolean) =>
    /data-selection-text="([^"]*)"/.exec(String(deletingBar(sources, files, { isList })))?.[1]
  assert.equal(words([adopted, adopted], false), 'Select files to move them to the trash.')
  assert.equal(words([adopted, ours], false), 'Select files to move them to the trash.')
  assert.equal(words([adopted], true), 'Select files to move them to the trash.')
  assert.equal(words([adopted, adopted], true), '')
})
