import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acceptList,
  accepts,
  acceptsType,
  acceptWords,
  fileFacts,
  fileState,
  nameAndState,
  splitName,
  typeLabel,
} from './files.ts'
import { formatAgo, formatBytes, formatDuration, formatPortion } from './format.ts'

test('a name keeps its extension and three letters before it', () => {
  assert.deepEqual(splitName('1998-214-7_front.jpg'), { stem: '1998-214-7_fr', ending: 'ont.jpg' })
  assert.deepEqual(splitName('README'), { stem: 'REA', ending: 'DME' })
  assert.deepEqual(splitName('a.b'), { stem: '', ending: 'a.b' })
  assert.deepEqual(splitName(''), { stem: '', ending: '' })
})

test('a name is never cut inside a letter, and what follows a last dot is only an extension when it is short', () => {
  assert.equal(splitName('ab👩‍👩‍👧é.jpg').ending, 'b👩‍👩‍👧é.jpg')
  assert.deepEqual(splitName('notes.of the expedition'), { stem: 'notes.of the expedit', ending: 'ion' })
  assert.deepEqual(splitName('.profile'), { stem: '.prof', ending: 'ile' })
})

test('the type names the tile, the name only where the type says nothing', () => {
  assert.equal(typeLabel('application/pdf', 'x.exe'), 'PDF')
  assert.equal(typeLabel('image/webp'), 'WEBP')
  assert.equal(typeLabel('application/octet-stream', 'a.dwg'), 'DWG')
  assert.equal(typeLabel(null, 'noextension'), 'FILE')
  assert.equal(typeLabel('text/csv; charset=utf-8'), 'CSV')
})

test('facts are one line: size and dimensions, or the type', () => {
  const file = { filename: 'a.jpg', content_type: 'image/jpeg', size: 6_400_000, width: 5472, height: 3648 }
  assert.equal(fileFacts(file), '6.4 MB · 5,472 × 3,648')
  assert.equal(fileFacts({ ...file, width: null, height: null }), '6.4 MB · JPEG')
  assert.equal(fileFacts({ ...file, size: null, width: 0 }), 'JPEG')
})

test('accept lists are read as browsers read them', () => {
  assert.equal(accepts('image/*', 'a.jpg', 'image/jpeg'), true)
  assert.equal(accepts('image/*, .pdf', 'A.PDF', 'application/pdf'), true)
  assert.equal(accepts('image/*', 'a.docx', 'application/msword'), false)
  assert.equal(accepts('.tif', 'a.jpg', 'image/jpeg'), false)
  assert.equal(
    accepts('image/*', 'a.heic', ''),
    true,
    'a type that the browser does not know is for the server to judge',
  )
  assert.equal(accepts('', 'a', null), true)
})

test('accept lists in words', () => {
  assert.equal(acceptWords('image/*')?.one, 'an image')
  assert.equal(acceptWords('image/*, .pdf')?.many, 'images, PDF')
  assert.equal(acceptWords(''), null)
})

test('what a column takes, as a sentence ends', () => {
  assert.equal(acceptList('image/*'), 'images')
  assert.equal(acceptList('image/*, .pdf, audio/*'), 'images, PDF and audio')
  assert.equal(acceptList(''), null)
})

test('a type without a name is judged only where names do not matter', () => {
  assert.equal(acceptsType('image/*', 'text/plain'), false)
  assert.equal(acceptsType('image/*', ''), true)
  assert.equal(acceptsType('image/*, .txt', 'text/plain'), true)
})

test('numbers beside a bar', () => {
  assert.equal(formatBytes(999), '999 bytes')
  assert.equal(formatBytes(999_499), '999 KB')
  assert.equal(formatBytes(999_500), '1.0 MB')
  assert.equal(formatBytes(100_000_000), '100 MB')
  assert.equal(formatBytes(178_600_000), '178.6 MB')
  assert.equal(formatPortion(3_100_000, 6_400_000), '3.1 of 6.4 MB')
  assert.equal(formatPortion(23_400_000, 1_100_000_000), '23.4 MB of 1.1 GB')
  assert.equal(formatPortion(243_100_000, 1_100_000_000), '243.1 MB of 1.1 GB')
  assert.equal(formatPortion(999_400_000, 1_144_000_000), '999.4 MB of 1.1 GB')
  assert.equal(formatPortion(999_600_000, 1_144_000_000), '1.00 of 1.14 GB')
  assert.equal(formatPortion(1_063_000_000, 1_144_000_000), '1.06 of 1.14 GB')
  assert.equal(formatPortion(24_430_000_000, 214_000_000_000), '24.4 of 214 GB')
  assert.equal(formatPortion(800, 1_100_000_000), '800 bytes of 1.1 GB')
  assert.equal(formatPortion(312_400_000_000, 1_200_000_000_000), '312.4 GB of 1.2 TB')
  assert.equal(formatPortion(400_000, 6_400_000), '0.4 of 6.4 MB')
  assert.equal(formatPortion(40_000, 6_400_000), '40 KB of 6.4 MB')
  assert.equal(formatPortion(0, 1_100_000_000), '0.0 of 1.1 GB')
  assert.equal(formatDuration(0.2), '1 s')
  assert.equal(formatDuration(150), '3 min')
  assert.equal(formatDuration(12_000), '3 h 20 min')
  assert.deepEqual([0, 150, 12_000, 180_000].map(formatAgo), ['1 s ago', '3 min ago', '3 h ago', '2 days ago'])
})

test('what has become of the bytes of a file', () => {
  const changed_at = '2026-05-03T23:59:59.000Z'
  assert.equal(
    fileState({ changed_at, missing_since: '2026-12-31T00:00:00.000Z' })?.words,
    'Missing since 31 December 2026',
  )
  assert.equal(fileState({ changed_at, missing_since: null })?.words, 'Changed 3 May 2026')
  assert.equal(fileState({ changed_at, unreadable: 'cut_off' })?.words, 'Cannot be read')
  assert.equal(fileState({ missing_since: changed_at, unreadable: 'empty' })?.words, 'Missing since 3 May 2026')
  assert.equal(fileState({}), null)
  assert.equal(nameAndState({ filename: 'a.jpg', changed_at }), 'a.jpg: Changed 3 May 2026')
})
