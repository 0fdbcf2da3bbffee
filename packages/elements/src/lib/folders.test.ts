import assert from 'node:assert/strict'
import { test } from 'node:test'
import { droppedWords, noFilesWords, noFoldersWords } from './dropped-words.ts'
import { filesInside, folderOf } from './folders.ts'

function fileEntry(name: string, isReadable = true) {
  const file = (found: (file: File) => void, failed: (error: Error) => void) =>
    isReadable ? found(new File(['words'], name)) : failed(new Error('no'))
  return { name, isDirectory: false, file }
}

/** A folder that gives its entries two at a time. */
function folderEntry(name: string, entries: readonly object[], isReadable = true) {
  function createReader() {
    let at = 0
    return {
      readEntries(found: (some: readonly object[]) => void, failed: (error: Error) => void) {
        if (!isReadable) return failed(new Error('no'))
        at += 2
        return found(entries.slice(at - 2, at))
      },
    }
  }
  return { name, isDirectory: true, createReader }
}

function dropOf(...entries: readonly object[]) {
  const items = entries.map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry, getAsFile: () => null }))
  return filesInside({ items } as unknown as DataTransfer)
}

test('folders are read to the end, in what is in them too, and what the system keeps there is left out', async () => {
  const thumbnails = folderEntry('@eaDir', [fileEntry('c.txt')])
  const deep = folderEntry('deep', [fileEntry('c.txt'), fileEntry('.DS_Store'), fileEntry('Icon\r'), thumbnails])
  const { files, empty, unread } = await dropOf(
    folderEntry('album', [fileEntry('a.txt'), fileEntry('b.txt'), deep, folderEntry('none', [])]),
  )
  assert.deepEqual(
    files.map(({ name }) => name),
    ['a.txt', 'b.txt', 'c.txt'],
  )
  assert.deepEqual([empty, unread], [[], []])
})

test('files of one name are told apart by the folders they came from, dropped or chosen', async () => {
  const album = folderEntry('album', [fileEntry('a.txt'), folderEntry('deep', [fileEntry('a.txt')])])
  const { files } = await dropOf(album, folderEntry('other', [folderEntry('deep', [fileEntry('a.txt')])]))
  assert.deepEqual(files.map(folderOf), ['album', 'album/deep', 'other/deep'])
  const chosen = Object.assign(new File([], 'a.txt'), { webkitRelativePath: 'album/deep/a.txt' })
  assert.equal(folderOf(chosen), 'album/deep')
  assert.equal(folderOf(Object.assign(new File([], 'a.txt'), { webkitRelativePath: '' })), null)
  assert.equal(folderOf(new File([], 'a.txt')), null)
})

test('what cannot be read, and what is empty, is named; all else is taken', async () => {
  const dropped = await dropOf(
    folderEntry('album', [fileEntry('a.txt'), fileEntry('b.txt', false), folderEntry('locked', [], false)]),
    folderEntry('nothing', [folderEntry('none', []), fileEntry('.DS_Store')]),
  )
  assert.deepEqual(
    dropped.files.map(({ name }) => name),
    ['a.txt'],
  )
  assert.deepEqual([dropped.empty, dropped.unread], [['nothing'], ['b.txt', 'locked']])
  assert.equal(droppedWords(dropped), 'b.txt and locked could not be read. All else is sent.')
})

test('of thousands of files only the first are asked whether they are folders, and all of which nothing says what they are', async () => {
  let asked = 0
  const items = Array.from({ length: 1_000 }, (_, at) => ({
    kind: 'file',
    type: at % 10 === 0 ? '' : 'text/plain',
    webkitGetAsEntry() {
      asked += 1
      return fileEntry(`${at}.txt`)
    },
    getAsFile: () => new File([], `${at}.txt`),
  }))
  const { files } = await filesInside({ items } as unknown as DataTransfer)
  assert.equal(files.length, 1_000)
  assert.equal(asked, 200 + 80)
})

test('every drop that yields no file has its sentence', async () => {
  assert.equal(droppedWords(await dropOf(folderEntry('nothing', []))), 'There is no file in nothing.')
  assert.equal(
    droppedWords(await dropOf(folderEntry('locked', [], false))),
    'locked could not be read. Look whether you may open it, and drop it again.',
  )
  assert.match(droppedWords(await dropOf()) ?? '', /^Nothing was dropped that could be sent/)
  assert.match(noFilesWords(['text/html', 'text/uri-list']), /^This is a link/)
  assert.match(noFilesWords(['text/plain']), /^This is text/)
  assert.equal(noFoldersWords(['a']), 'a is a folder. Drop the files that are in it.')
  assert.equal(noFoldersWords(['a', 'b', 'c', 'd']), 'a, b, c and 1 more are folders. Drop the files that are in them.')
  assert.equal(droppedWords({ files: [new File([], 'a')], empty: [], unread: [] }), null)
})
