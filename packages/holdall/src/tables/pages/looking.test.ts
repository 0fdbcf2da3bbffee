import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileCell, fileTiles } from '../../web/parts/file.ts'
import { dataTable } from '../../web/parts/table.ts'

test('a thumbnail leads to its file, and screen readers hear one link', () => {
  const cell = String(
    fileCell({
      state: 'file',
      file: {
        id: 'df-1',
        filename: 'jug.jpg',
        contentType: 'image/jpeg',
        size: 5,
        href: '/-/files/df-1',
        thumbnail: '/-/files/df-1/thumbnail',
      },
    }),
  )
  assert.match(
    cell,
    /<a class="thumb-link" href="\/-\/files\/df-1" tabindex="-1" aria-hidden="true"><img class="thumb"/,
  )
  assert.equal(cell.match(/<a [^>]*aria-hidden="true"/g)?.length, 1)
  assert.equal(cell.match(/<a /g)?.length, 2)
})

test('a tile is called by the whole name of its file', () => {
  const file = { id: 'df-1', filename: 'jug.jpg', contentType: 'image/jpeg', size: 5, href: '/f', thumbnail: '/t' }
  assert.match(String(fileTiles([file])), /<span class="unseen">jug\.jpg<\/span><span aria-hidden="true">/)
})

test('a card is headed by the cell that names its row', () => {
  const table = String(
    dataTable({ caption: 'c', columns: [{ label: 'name', kind: 'title' }], rows: [{ cells: ['Jug'] }], cards: true }),
  )
  assert.match(table, /<td role="cell" class="row-title" data-label="name">Jug<\/td>/)
})
