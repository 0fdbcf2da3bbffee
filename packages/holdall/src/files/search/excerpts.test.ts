import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { createExcerpts, type FindExcerpts } from './excerpts.ts'
import { createTokenizer } from './tokens.ts'

let room: TestFiles
let excerptsOf: FindExcerpts
before(async () => {
  room = await openTestFiles()
  excerptsOf = createExcerpts(room.database, createTokenizer())
})
after(() => room.close())

let made = 0

/** The excerpt of one document, each found word between brackets; undefined where there is none. */
async function excerpt(q: string, text: string, filename = 'letter.txt'): Promise<string | undefined> {
  made += 1
  const id = `df-${made}`
  await room.database.write(async (trx) => {
    const { id: source } = await trx
      .selectFrom('datasette_files_sources')
      .select('id')
      .where('slug', '=', 'photos')
      .executeTakeFirstOrThrow()
    await trx
      .insertInto('datasette_files')
      .values({ id, source_id: source, path: id, filename, content_type: 'text/plain' })
      .execute()
    await trx.insertInto('datasette_files_text').values({ file_id: id, text }).execute()
  })
  const pieces = (
    await excerptsOf(q, [{ id, filename, searchText: '', contentType: 'text/plain', contentHash: null, metadata: {} }])
  ).get(id)
  return pieces?.map((piece, at) => (at % 2 === 1 ? `[${piece}]` : piece)).join('')
}

test('shows the words around the first that was found, and marks all that are shown', async () => {
  const text = `${'Nothing of note. '.repeat(20)}In autumn the harbour master wrote to the harbours of the north. ${'More. '.repeat(50)}`
  const shown = await excerpt('harbour autumn', text)
  assert.match(shown ?? '', /^… Nothing of note\. Nothing of note\. In \[autumn\] the \[harbour\] master/)
  assert.match(shown ?? '', / wrote to the \[harbour\]s of the north\. .* …$/)
})

test('short documents are shown whole, on one line', async () => {
  assert.equal(await excerpt('map', 'A map\n\n  of the port.'), 'A [map] of the port.')
})

test('letters are folded as the index folds them, in either way of writing their marks', async () => {
  assert.equal(await excerpt('cafe', 'Im CAFÉ Zürich'), 'Im [CAFÉ] Zürich')
  assert.equal(await excerpt('zurich', 'Im Café Zu\u0308rich'), 'Im Café [Zu\u0308rich]')
})

test('a description or the words of a picture are shown where they are why it was found', async () => {
  const file = {
    id: 'df-described',
    filename: 'img_7.jpg',
    contentType: 'image/jpeg',
    contentHash: null,
    searchText: 'The harbour master at work',
    metadata: {
      exif: { make: 'Kestrel', lens_model: '50 mm' },
      iptc: { caption: 'Cranes', keywords: ['Quay', 'Tide'] },
    },
  }
  const shown = async (q: string) => {
    const pieces = (await excerptsOf(q, [file])).get(file.id)
    return pieces?.map((piece, at) => (at % 2 === 1 ? `[${piece}]` : piece)).join('')
  }
  assert.equal(await shown('harbour img'), 'The [harbour] master at work')
  assert.equal(await shown('tide kestrel'), 'Cranes · Quay · [Tide] · [Kestrel]')
  assert.equal(await shown('harbour tide'), 'The [harbour] master at work')
  assert.equal(await shown('img jpeg'), undefined)
  assert.equal(await shown('50'), undefined)
})

test('only beginnings of words count, as in the search', async () => {
  assert.equal(await excerpt('art', 'Karte, Start, Artikel'), 'Karte, Start, [Art]ikel')
  assert.equal(await excerpt('art', 'Karte und Start'), undefined)
})

test('a file whose name has all the words needs none, and what was typed is no pattern', async () => {
  assert.equal(await excerpt('harbour letter', 'A harbour.', 'letter from the harbour.txt'), undefined)
  assert.equal(await excerpt('(.*', 'Anything (.* at all'), undefined)
  assert.equal(await excerpt('a.c', 'abc a c'), '[a]bc [a] [c]')
})
