import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { allRead } from '../../files/background/test-all-read.ts'
import { MAX_TROUBLED } from '../../files/troubles.ts'
import { openTestApp, type TestApp } from '../pages/test-app.ts'

/** No file ever had it. */
const NEVER = `df-${'7'.repeat(26)}`

let app: TestApp
/** By what was done to it. */
const ids: Record<'fine' | 'changed' | 'missing' | 'unreadable' | 'trashed' | 'purged' | 'hidden', string> = {
  ...{ fine: '', changed: '', missing: '', unreadable: '', trashed: '', purged: '', hidden: '' },
}

before(async () => {
  app = await openTestApp({
    sql: `CREATE TABLE objects (id INTEGER PRIMARY KEY, title TEXT, photo TEXT, papers TEXT, note TEXT);
      CREATE TABLE keyed (code TEXT PRIMARY KEY, photo TEXT) WITHOUT ROWID;`,
    config: {
      databases: {
        data: {
          tables: {
            objects: { columns: { photo: { file_column: true }, papers: { file_column: true, file_multiple: true } } },
            keyed: { columns: { photo: { file_column: true } } },
          },
        },
      },
      sources: {
        open: { storage: 'filesystem', config: { root: './open' } },
        closed: { storage: 'filesystem', config: { root: './closed' } },
      },
      permissions: {
        'view-table': true,
        'files-browse': { open: { allow: true }, closed: { allow: { id: 'root' } } },
        'files-delete': { id: 'root' },
      },
    },
  })
  for (const name of Object.keys(ids) as (keyof typeof ids)[]) {
    ids[name] = await upload(name, name === 'hidden' ? 'closed' : 'open')
  }
  await allRead(join(app.folder, 'state'))
  // A missing file that somebody finds in its place is there again.
  await lose('open', ids.missing)
  await lose('closed', ids.hidden)
  await internal((database) => {
    const missing = database.prepare('UPDATE datasette_files SET missing_since = created_at WHERE id IN (?, ?)')
    missing.run(ids.missing, ids.hidden)
    database
      .prepare('UPDATE datasette_files SET changed_at = created_at WHERE id IN (?, ?)')
      .run(ids.changed, ids.hidden)
    database.prepare("UPDATE datasette_files SET unreadable = 'cut_off' WHERE id = ?").run(ids.unreadable)
  })
  for (const id of [ids.trashed, ids.purged]) await posted(`/-/files/${id}/-/delete`)
  await purge(ids.purged)
  const insert = app.look.prepare('INSERT INTO objects (id, title, photo, papers, note) VALUES (?, ?, ?, ?, ?)')
  const list = (...files: string[]) => JSON.stringify(files)
  insert.run(1, 'fine', ids.fine, list(ids.fine), null)
  insert.run(2, 'missing', ids.missing, list(ids.fine, ids.missing), null)
  insert.run(3, 'unreadable', ids.unreadable, ` ${list(ids.unreadable)}`, null)
  insert.run(4, 'trashed', ids.trashed, list(ids.trashed, ids.trashed), null)
  insert.run(5, 'purged', ids.purged, list(ids.fine, ids.purged), ids.purged)
  insert.run(6, 'never', NEVER, list(NEVER), null)
  insert.run(7, 'hidden', ids.hidden, list(ids.hidden), null)
  insert.run(8, 'empty', null, '', null)
  insert.run(9, 'text', 'see the box', `["${ids.missing}`, null)
  insert.run(10, 'changed', ids.changed, list(ids.fine, ids.changed), null)
  app.look.prepare('INSERT INTO keyed VALUES (?, ?), (?, ?)').run('a', ids.fine, 'b', ids.purged)
})

after(() => app.close())

async function upload(name: string, source: string): Promise<string> {
  const stored = await app.ask(`/-/files/upload/${source}?filename=${name}.txt`, {
    actor: 'root',
    body: `all of ${name}`,
    headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
  })
  assert.equal(stored.status, 201)
  return ((await stored.json()) as { file_id: string }).file_id
}

/** Takes the bytes of a file away. */
async function lose(source: string, id: string): Promise<void> {
  const file = (await (await app.ask(`/-/files/${id}.json`, { actor: 'root' })).json()) as { path: string }
  rmSync(join(app.folder, source, file.path))
}

async function posted(path: string): Promise<void> {
  const answer = await app.ask(path, { actor: 'root', json: {}, headers: { Accept: 'application/json' } })
  assert.equal(answer.status, 200, await answer.text())
}

/** Deletes a file for good. What cannot be removed at once goes in the background. */
async function purge(id: string): Promise<void> {
  await posted(`/-/files/${id}/-/purge`)
  for (;;) {
    const answer = await app.ask(`/-/files/batch.json?id=${id}&deleted=on`, { actor: 'root' })
    const { deleted } = (await answer.json()) as { deleted: Record<string, { state: string }> }
    if (deleted[id]?.state === 'gone') return
    await sleep(20)
  }
}

/** At the end of a turn no transaction of the server is open, for which a connection of this thread could not wait. */
async function internal(work: (database: DatabaseSync) => void): Promise<void> {
  await turn()
  const database = new DatabaseSync(join(app.folder, 'state', 'internal.db'), { timeout: 5_000 })
  try {
    work(database)
  } finally {
    database.close()
  }
}

interface Answer {
  readonly status: number
  readonly rows?: readonly { id?: number; code?: string }[]
  readonly error?: string
  readonly code?: string
}

async function json(query: string, actor: string | undefined = 'root', table = 'objects'): Promise<Answer> {
  const answer = await app.ask(`/data/${table}.json?${query}`, { ...(actor && { actor }) })
  return { ...((await answer.json()) as object), status: answer.status }
}

async function rows(query: string, actor?: string | undefined): Promise<(number | string | undefined)[]> {
  const { rows: found, status, error } = await json(query, actor)
  assert.equal(status, 200, error)
  return (found ?? []).map(({ id, code }) => id ?? code)
}

test('rows whose file is not right are found, in columns of one file and of several', async () => {
  for (const column of ['photo', 'papers']) {
    assert.deepEqual(await rows(`${column}__filemissing=1`), [2, 7], column)
    assert.deepEqual(await rows(`${column}__fileunreadable=1`), [3], column)
    assert.deepEqual(await rows(`${column}__filetrashed=1`), [4], column)
    assert.deepEqual(await rows(`${column}__filegone=1`), [5, 6], column)
  }
  for (const column of ['photo', 'papers']) {
    assert.deepEqual(await rows(`${column}__filewrong=1`), [2, 3, 4, 5, 6, 7], column)
    assert.deepEqual(await rows(`${column}__filechanged=1`), [7, 10], column)
  }
  assert.deepEqual(await rows('photo__filegone=1&title__exact=never'), [6])
  assert.deepEqual(await rows('photo__filegone=1&papers__filemissing=1'), [])
  assert.deepEqual(await rows('photo__filemissing=1&_size=1'), [2])
  const keyed = await json('photo__filegone=1', 'root', 'keyed')
  assert.deepEqual(
    keyed.rows?.map(({ code }) => code),
    ['b'],
  )
})

test('as pages and as CSV, in plain words, with the way from row to row', async () => {
  const page = await app.page('/data/objects?photo__filemissing=1')
  assert.match(page, /<span>photo<\/span><span class="operator">has a file that is missing<\/span><\/a>/)
  assert.match(page, /2 of 10 rows match 1 filter/)
  assert.match(page, /href="\/data\/objects\/7\?photo__filemissing=1"/)
  const wrong = await app.page('/data/objects?photo__filewrong=1')
  assert.match(wrong, /<span>photo<\/span><span class="operator">has a file that is not right<\/span><\/a>/)
  assert.match(wrong, /6 of 10 rows match 1 filter/)
  assert.match(wrong, /href="\/data\/objects\/7\?photo__filewrong=1"/)
  const csvOfWrong = await app.ask('/data/objects.csv?photo__filewrong=1&_col=id&_sort_desc=id', { actor: 'root' })
  assert.equal(await csvOfWrong.text(), 'id\r\n7\r\n6\r\n5\r\n4\r\n3\r\n2\r\n')
  const row = await app.page('/data/objects/2?photo__filemissing=1')
  assert.match(row, /Rows of the list/)
  assert.match(row, /href="\/data\/objects\/7\?photo__filemissing=1"/)
  const none = await app.page('/data/objects?photo__filetrashed=1&title__exact=fine')
  assert.match(none, /No rows match/)
  assert.match(none, /<b>photo<\/b> has a file in the trash and/)
  const csv = await app.ask('/data/objects.csv?photo__filegone=1&_col=id', { actor: 'root' })
  assert.equal(await csv.text(), 'id\r\n5\r\n6\r\n')
  const asked = await app.ask('/data/objects?_filter_column=photo&_filter_op_file=filegone&_filter_value=x', {
    actor: 'root',
  })
  assert.equal(asked.headers.get('Location'), '/data/objects?photo__filegone=1')
})

/** The sentence about the rows of a page, without its tags. */
function troubles(page: string): string | undefined {
  return /<p class="muted">(On this page, .*?)<\/p>/.exec(page)?.[1]?.replace(/<[^>]+>/g, '')
}

test('a page says which of its rows have such a file, one click from all of them', async () => {
  const page = await app.page('/data/objects?id__lt=7&_col=photo')
  assert.equal(
    troubles(page),
    'On this page, photo: 1 missing, 1 cannot be read, 1 in the trash, 2 gone for good (all such rows).',
  )
  assert.match(
    page,
    /<a href="\/data\/objects\?id__lt=7&amp;_col=photo&amp;photo__filegone=1" title="2 rows have a file that is gone for good in photo">/,
  )
  assert.match(
    page,
    / \(<a href="\/data\/objects\?id__lt=7&amp;_col=photo&amp;photo__filewrong=1" title="All rows with a file that is not right in photo">all such rows<\/a>\)/,
  )
  const wrong = await app.page('/data/objects?id__lt=7&_col=photo&photo__filewrong=1')
  assert.equal(troubles(wrong), 'On this page, photo: 1 missing, 1 cannot be read, 1 in the trash, 2 gone for good.')
  assert.match(wrong, /<a href="\/data\/objects\?id__lt=7&amp;_col=photo&amp;photo__filegone=1" title=/, 'narrower')
  const oneOfTwo = await app.page('/data/objects?_col=papers&_col=photo&papers__filemissing=1')
  assert.match(oneOfTwo, /&amp;papers__filemissing=1&amp;photo__filewrong=1" title="All rows/, 'of the other column')
  assert.match(page, /<svg[^>]*><use href="#i-warning"><\/use><\/svg>Cannot be read<\/span>/)
  assert.equal(troubles(await app.page('/data/objects?photo__filemissing=1&_col=photo')), undefined, 'it says so')
  assert.equal(troubles(await app.page('/data/objects?id__exact=1')), undefined)
  assert.equal(
    troubles(await app.page('/data/objects?_col=papers', 'ann')),
    'On this page, papers: 1 missing, 1 cannot be read (all such rows).',
  )
  const batch = await app.ask(`/-/files/batch.json?id=${ids.unreadable}&id=${ids.fine}`, { actor: 'root' })
  const { files } = (await batch.json()) as { files: Record<string, { unreadable: string | null }> }
  assert.equal(files[ids.unreadable]?.unreadable, 'cut_off')
  assert.equal(files[ids.fine]?.unreadable, null)
})

test('a cell shows by a sign that its file is missing, also where only pictures are seen', async () => {
  const tile = '<span class="type-tile" aria-hidden="true">TXT</span>'
  const sign = `<span class="with-sign">${tile}<span class="sign"><svg[^>]*><use href="#i-fileMissing"></use></svg></span></span>`
  const row = await rowOf(2)
  assert.match(row, new RegExp(`<a class="thumb-link"[^>]*>${sign}</a>.*Missing since`))
  assert.match(row, new RegExp(`<a [^>]*aria-label="missing.txt: Missing since [^"]*"[^>]*>${sign}</a>`))
  assert.doesNotMatch(await rowOf(3), /with-sign/, 'one that cannot be read is there')
})

/** The cells of files in the row of an id. */
async function rowOf(id: number): Promise<string> {
  const page = await app.page(`/data/objects?id__exact=${id}&_col=photo&_col=papers`, 'ann')
  return page.slice(page.indexOf('<tbody'), page.indexOf('</tbody>'))
}

/** What the form offers to ask of files. */
function offered(page: string): string[] {
  const list = /<select[^>]*name="_filter_op_file">(.*?)<\/select>/.exec(page)?.[1] ?? ''
  return [...list.matchAll(/<option value="([a-z]+)"/g)].map(([, value]) => value as string)
}

test('who may not browse a source, or delete files, learns nothing of theirs, and nothing of what is gone', async () => {
  assert.deepEqual(offered(await app.page('/data/objects')), [
    ...['notblank', 'isblank', 'filewrong', 'filemissing', 'fileunreadable', 'filetrashed', 'filegone', 'filechanged'],
  ])
  for (const actor of ['ann', undefined]) {
    assert.deepEqual(await rows('photo__filemissing=1', actor ?? ''), [2], 'the hidden one is missing as well')
    assert.deepEqual(await rows('photo__fileunreadable=1', actor ?? ''), [3])
    assert.deepEqual(await rows('papers__filetrashed=1', actor ?? ''), [])
    const gone = await json('photo__filegone=1', actor ?? '')
    assert.equal(gone.status, 403)
    assert.equal(gone.code, 'permission_denied')
    assert.match(gone.error ?? '', /for who may browse every source/)
    const page = await app.ask('/data/objects', { ...(actor && { actor }) })
    assert.deepEqual(offered(await page.text()), [
      ...['notblank', 'isblank', 'filewrong', 'filemissing', 'fileunreadable', 'filechanged'],
    ])
    assert.deepEqual(await rows('photo__filewrong=1', actor ?? ''), [2, 3], 'what it may not know of is not among them')
    assert.deepEqual(await rows('photo__filechanged=1', actor ?? ''), [10])
  }
  const row = await app.ask('/data/objects/5?photo__filegone=1', { actor: 'ann' })
  assert.equal(row.status, 200, 'a list that one may not see has nothing beside a row')
  assert.doesNotMatch(await row.text(), /objects\/6\?/)
})

test('what a column does not hold, it is not asked', async () => {
  const wrong = await json('note__filegone=1')
  assert.equal(wrong.status, 400)
  assert.equal(wrong.error, 'note is no column of files.')
  assert.match((await json('nothing__filegone=1')).error ?? '', /There is no column nothing\./)
})

test('what is gone is known at once when a file has vanished or rows were written', async () => {
  assert.deepEqual(await rows('photo__filegone=1'), [5, 6])
  const soon = await upload('soon', 'open')
  app.look.prepare('INSERT INTO objects (id, photo) VALUES (20, ?), (21, ?)').run(soon, NEVER)
  assert.deepEqual(await rows('photo__filegone=1'), [5, 6, 21])
  await posted(`/-/files/${soon}/-/delete`)
  assert.deepEqual(await rows('photo__filegone=1'), [5, 6, 21], 'it is in the trash')
  assert.deepEqual(await rows('photo__filetrashed=1'), [4, 20])
  await purge(soon)
  assert.deepEqual(await rows('photo__filegone=1'), [5, 6, 20, 21])
  app.look.exec('UPDATE objects SET photo = NULL WHERE id = 20')
  assert.deepEqual(await rows('photo__filegone=1'), [5, 6, 21])
  app.look.exec('DELETE FROM objects WHERE id > 10')
})

test('more files than a question can name are not told one by one', async () => {
  await internal((database) =>
    database
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO datasette_files (id, source_id, path, filename, missing_since)
        SELECT printf('df-%026d', i), (SELECT id FROM datasette_files_sources WHERE slug = 'closed'), 'many/' || i, 'x.txt',
          '2026-01-01T00:00:00.000Z' FROM n`,
      )
      .run(MAX_TROUBLED - 2),
  )
  assert.deepEqual(await rows('photo__filemissing=1'), [2, 7], 'as many as may be')
  const together = await json('photo__filewrong=1')
  assert.equal(together.status, 400)
  assert.match(together.error ?? '', /^More than 20,000 files are not right: too many/, 'with those of other troubles')
  assert.deepEqual(await rows('photo__filewrong=1', 'ann'), [2, 3])
  await internal((database) =>
    database
      .prepare(
        `INSERT INTO datasette_files (id, source_id, path, filename, missing_since)
        SELECT ?, source_id, 'one/more', 'x.txt', created_at FROM datasette_files WHERE id = ?`,
      )
      .run(`df-${'8'.repeat(26)}`, ids.hidden),
  )
  const many = await json('photo__filemissing=1')
  assert.equal(many.status, 400)
  assert.equal(many.code, 'file_filter_too_many')
  assert.match(many.error ?? '', /^More than 20,000 files are missing/)
  assert.deepEqual(await rows('photo__filemissing=1', 'ann'), [2], 'how many there are elsewhere is no matter')
})

test('nothing of all this was a failure', () => assert.deepEqual(app.failures, []))
