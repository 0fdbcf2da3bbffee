import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSystemFile, isSystemFolder } from './system-files.ts'

test('what systems and network drives keep for themselves is told from what people have made', () => {
  for (const path of [
    '.DS_Store',
    'scans/1904/.ds_store',
    'scans/._letter.jpg',
    'Thumbs.db',
    'a/ehthumbs.db',
    'a/Desktop.ini',
    'a/Icon\r',
    '@eaDir/letter.jpg/SYNOFILE_THUMB_M.jpg',
    'scans/__MACOSX/1904/letter.jpg',
    '$RECYCLE.BIN/S-1-5/$R1.jpg',
    'System Volume Information/IndexerVolumeGuid',
    '.Trash-1000/files/a.jpg',
    '.Spotlight-V100/Store-V2/x',
  ]) {
    assert.equal(isSystemFile(path), true, path)
  }
  for (const path of [
    'letter.jpg',
    '.htaccess',
    '.well-known/a.txt',
    'thumbs.db.jpg',
    'my desktop.ini',
    'Icon',
    '_letter.jpg',
    'a.DS_Store',
    'Trashes/a.jpg',
    'eaDir/a.jpg',
    'x__MACOSX/a.jpg',
    '__MACOSX',
  ]) {
    assert.equal(isSystemFile(path), false, path)
  }
  assert.equal(isSystemFolder('@eaDir'), true)
  assert.equal(isSystemFolder('1904'), false)
})
