import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { allRead } from '../../files/background/test-all-read.ts'
import { openTestApp, type TestApp } from '../pages/test-app.ts'
import { MAX_FILES } from './limits.ts'
import { planForm } from './test-plan-form.ts'

let app: TestApp

before(async () => {
  app = await openTestApp({
    sql: `
      CREATE TABLE objects (id INTEGER PRIMARY KEY, name TEXT, inventory TEXT, title TEXT, year INTEGER, photo TEXT, papers TEXT);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
        INSERT INTO objects (inventory, title, year) SELECT printf('1862-%03d', i), 'Object ' || i, 1862 FROM n;
      CREATE TABLE pages (book TEXT, number INTEGER, photo TEXT, PRIMARY KEY (book, number));
      INSERT INTO pages VALUES ('Log.1', 1, NULL), ('Log.1', 2, NULL);
      CREATE TABLE closed (id INTEGER PRIMARY KEY, inventory TEXT, photo TEXT);
      INSERT INTO closed (inventory) VALUES ('1862-001');
      CREATE TABLE sketches (title TEXT, number TEXT PRIMARY KEY, photo TEXT);
      INSERT INTO sketches VALUES ('Regatta day', 'SK.2017.002', NULL), ('Harbour', 'SK.2017.003', NULL);
    `,
    config: {
      databases: {
        data: {
          tables: {
            objects: {
              columns: {
                photo: { file_column: true, file_accept: 'text/plain' },
                papers: { file_column: true, file_multiple: true },
              },
            },
            sketches: { columns: { photo: { file_column: true } } },
            pages: { columns: { photo: { file_column: true } } },
            closed: { columns: { photo: { file_column: true } }, permissions: { 'view-table': { id: 'root' } } },
          },
        },
      },
      sources: {
        store: { storage: 'filesystem', label: 'Datasets', config: { root: './store' } },
        pictures: { storage: 'filesystem', config: { root: './pictures' }, accept: 'image/*' },
        files: { storage: 'filesystem', label: 'Papers', config: { root: './files' }, max_file_size: 500 },
        texts: { storage: 'filesystem', label: 'Texts', config: { root: './texts' }, accept: 'text/*' },
      },
      collections: [{ organization: '550e8400-e29b-41d4-a716-446655440000', id: 'visits', source: 'store' }],
      permissions: {
        'update-row': { id: ['root', 'ann'] },
        'execute-sql': { id: 'root' },
        'files-browse': { files: { allow: { id: ['root'] } }, texts: { allow: true } },
      },
    },
  })
})

after(async () => {
  await app.close()
})

/** Uploads files of these names and gives their ids. */
async function upload(...names: string[]): Promise<string[]> {
  const form = new FormData()
  for (const name of names) form.append('file', new Blob([`file ${name} ${Math.random()}`]), name)
  const response = await app.ask('/-/files/upload/files', {
    actor: 'root',
    form,
    headers: { Accept: 'application/json' },
  })
  const body = (await response.json()) as { file_id: string; files?: { file_id: string }[] }
  assert.equal(response.status, 201, JSON.stringify(body))
  return body.files?.map(({ file_id }) => file_id) ?? [body.file_id]
}

/** A file that somebody else put into a cell. */
const ELSE = `df-${'0'.repeat(26)}`

interface Answer {
  readonly status: number
  readonly body: { readonly [member: string]: unknown }
}

async function post(path: string, json: unknown, actor = 'root'): Promise<Answer> {
  const response = await app.ask(path, { actor, json, headers: { Accept: 'application/json' } })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

const cells = (where: string, column = 'photo') =>
  app.look
    .prepare(`SELECT ${column} AS cell FROM objects WHERE ${where} ORDER BY id`)
    .all()
    .map(({ cell }) => cell)

test('files find their rows by their names, are attached and undone as one', async () => {
  const [one, two, back, stray] = await upload('1862-001.txt', 'HM_1862-2.TXT', '1862-003 back.txt', 'stray.txt')
  const files = [one, two, back, stray]
  const match = { column: 'inventory', how: 'equal' }
  const plan = await post('/data/objects/-/attach', { column: 'photo', files, match, dry_run: true })
  assert.equal(plan.status, 200, JSON.stringify(plan.body))
  assert.deepEqual(plan.body.pairs, [[one, '1']])
  assert.equal(plan.body.rows_without_file, 39)
  assert.deepEqual(cells('id < 4'), [null, null, null])

  const prefix = await post('/data/objects/-/attach', {
    column: 'photo',
    files,
    match: { ...match, how: 'prefix' },
    dry_run: true,
  })
  assert.deepEqual(prefix.body.pairs, [
    [one, '1'],
    [back, '3'],
  ])
  const pattern = await post('/data/objects/-/attach', {
    column: 'photo',
    files,
    match: { ...match, how: 'pattern', pattern: 'hm_{value}.txt' },
    dry_run: true,
  })
  assert.deepEqual(pattern.body.pairs, [[two, '2']])

  const applied = await post('/data/objects/-/attach', { column: 'photo', files, match: { ...match, how: 'prefix' } })
  assert.equal(applied.status, 200, JSON.stringify(applied.body))
  assert.deepEqual(cells('id < 4'), [one, null, back])
  const run = applied.body.run as { id: string; status: string }
  assert.equal(run.status, 'applied')

  assert.deepEqual((applied.body.run as { match: unknown }).match, { ...match, how: 'prefix', exact: false })
  // Once more, from the files or their rows, it is there already: nothing is written, and nobody is refused.
  for (const asked of [{ files, match: { ...match, how: 'prefix' } }, { pairs: [[one, '1']] }]) {
    const again = await post('/data/objects/-/attach', { column: 'photo', ...asked })
    assert.equal(again.status, 200, JSON.stringify(again.body))
    assert.equal(again.body.run, undefined)
  }
  const same = await post('/data/objects/-/attach', { column: 'photo', files, match: { ...match, how: 'prefix' } })
  assert.equal((same.body.counts as { same: number }).same, 2)

  app.look.exec('UPDATE objects SET photo = NULL WHERE id = 3')
  const undone = await post(`/data/objects/-/attach/${run.id}/-/undo`, {})
  assert.equal(undone.status, 200, JSON.stringify(undone.body))
  assert.deepEqual(undone.body.changed, [])
  assert.deepEqual(cells('id < 4'), [null, null, null])
  assert.equal((await post(`/data/objects/-/attach/${run.id}/-/undo`, {})).body.code, 'attach_not_applied')
})

/** What a page's form says: the fields by name, as a browser without scripts would send them. */
async function submit(path: string, fields: Readonly<Record<string, string>>, actor = 'root') {
  const response = await app.ask(path, { actor, form: await planForm(app, path, fields) })
  return { status: response.status, location: response.headers.get('Location') ?? '', text: await response.text() }
}

test('without scripts: a form with files, a page that decides, a button that attaches, another that undoes', async () => {
  const start = await app.page('/data/objects/-/attach?column=photo')
  assert.match(start, /<form[^>]*enctype="multipart\/form-data" action="\/data\/objects\/-\/attach"/)
  const destinations = (page: string) => {
    const [list = ''] = /<select[^>]*name="to".*?<\/select>/s.exec(page) ?? []
    return [...list.matchAll(/<option value="([^"]*)"( selected)?/g)].map(
      ([, slug, chosen]) => slug + (chosen ? '!' : ''),
    )
  }
  assert.match(start, /Files go to/)
  // Where the last went, what was made for texts, what datasets are in; what refuses them is the last.
  assert.deepEqual(destinations(start), ['files!', 'texts', 'store', 'pictures'])
  const sketches = destinations(await app.page('/data/sketches/-/attach'))
  assert.deepEqual(sketches, ['files!', 'pictures', 'texts', 'store'])
  const chosen = await app.page('/data/objects/-/attach?column=photo&to=texts')
  assert.deepEqual(destinations(chosen), ['files', 'texts!', 'store', 'pictures'])
  assert.match(chosen, /<file-matcher[^>]* source="texts"/)
  assert.match(chosen, /<input type="hidden" name="to" value="texts">/)
  const here = (page: string) => /name="source".*?<option value="([^"]*)" selected/s.exec(page)?.[1]
  assert.equal(here(start), 'files', 'files that are here are those of the source with files')
  const none = await app.page('/data/objects/-/attach?column=photo&source=texts')
  assert.match(none, /The source Texts has no files yet/)
  const form = new FormData()
  form.append('column', 'photo')
  form.append('to', 'texts')
  for (const name of ['1862-011.txt', '1862-012_a.txt', '1862-012_b.txt', 'what.txt']) {
    form.append('file', new Blob([`page ${name} ${Math.random()}`]), name)
  }
  const sent = await app.ask('/data/objects/-/attach', { actor: 'root', form })
  assert.equal(sent.status, 303, await sent.text())
  const plan = sent.headers.get('Location') as string
  const page = await app.page(plan)
  assert.match(
    page,
    /1 goes to a row · 2 to decide · 1 without a row<\/span><span data-live="plan-rows"> · <a href="#without-file">39 rows stay without a file<\/a><\/span> · The files are in the source Texts</,
  )
  assert.match(page, /Attach 1 file</)
  assert.match(page, /Another file fits this row too.*?class="rival"><a href="[^"]*">1862-012_b\.txt</s)

  const refused = await submit(plan, { go: 'apply', 'row.0': '11', 'typed.3': 'nowhere' })
  assert.equal(refused.status, 400)
  assert.match(refused.text, /<a href="#field-typed~2E3~2Edf-\w+">what\.txt<\/a>: No row is nowhere\./)
  assert.match(refused.text, /value="nowhere"/)
  assert.deepEqual(cells('id = 11'), [null])

  const both = await submit(plan, { go: 'apply', 'row.0': '11', 'row.1': '12', 'row.2': '12', 'typed.3': '' })
  assert.equal(both.status, 400)
  assert.match(both.text, /This column takes one file, not 2/)
  assert.match(
    both.text,
    /<a href="#field-row~2E1~2Edf-\w+">Row 12, 1862-012_a\.txt<\/a>: This column takes one file, not 2/,
  )
  assert.match(both.text, /name="row\.2\.[^"]*"[^>]*aria-invalid="true"/)
  assert.match(both.text, /1 goes to a row · 2 to decide · 1 without a row/)
  assert.match(both.text, /Attach 1 file</)
  const left = await submit(plan, { go: 'save', 'row.1': '12', 'row.2': '!out' })
  assert.equal(left.status, 303)
  const counted = await app.page(plan)
  assert.match(counted, /2 go to a row · 1 without a row · 1 left out/)
  assert.match(counted, /2 files are not attached: 1 without a row, 1 left out\..*Attach 2 files</s)
  // Somebody else fills a row meanwhile, with another file and with the very one.
  app.look.exec(`UPDATE objects SET photo = '${ELSE}' WHERE id = 11`)
  assert.match(await app.page(plan), /2 go to a row \(1 replaces what is there\).*Attach 2 files, replacing 1</s)
  app.look.exec('UPDATE objects SET photo = NULL WHERE id = 11')

  const done = await submit(plan, { go: 'apply', 'row.1': '12', 'row.2': '', 'typed.3': '1862-13' })
  assert.deepEqual([done.status, done.location], [303, plan], done.text)
  assert.equal(cells('id IN (11, 12, 13)').filter(Boolean).length, 3)
  assert.match(
    await app.page(plan),
    /3 files attached to photo.*On 3 rows.*The files are in the source Texts.*Undo 3 rows/s,
  )
  assert.deepEqual(
    destinations(await app.page('/data/objects/-/attach?column=papers'))[0],
    'texts!',
    'where the last went',
  )
  assert.match(await app.page('/data/objects/-/attach'), /3 files to photo/)
  assert.equal((await submit(plan, { go: 'apply' })).status, 409, 'a run is carried out once')

  app.look.exec("UPDATE objects SET photo = 'else' WHERE id = 12; DELETE FROM objects WHERE id = 13")
  const changed = await app.page(plan)
  assert.match(changed, /On 1 of 3 rows.*Undo 1 row</s)
  assert.match(changed, />Now<.*As attached.*Changed since: Undo leaves it so.*The row is gone/s)
  const began = new Date().toISOString()
  const undone = await submit(`${plan}/-/undo`, {})
  assert.equal(undone.status, 303)
  const after = await app.page(plan)
  const timeIn = (text: string) => /Undone on 1 of 3 rows.*?<time datetime="([^"]*)"/s.exec(text)?.[1] ?? ''
  assert.ok(timeIn(after) >= began, 'the page says when it was undone, not when it was attached')
  assert.equal(timeIn(await app.page('/data/objects/-/attach')), timeIn(after))
  assert.match(after, /1 of 3 files detached from photo/)
  assert.match(
    after,
    /2 rows were left as they are\..*1 row was changed after its files had been attached\. 1 row is gone\./s,
  )
  assert.match(after, /Changed since, and left so/)
  assert.match(after, /The row is gone/)
  assert.deepEqual(cells('id IN (11, 12)'), [null, 'else'])
  app.look.exec(
    "INSERT INTO objects (id, inventory, year) VALUES (13, '1862-013', 1862); UPDATE objects SET photo = NULL",
  )
})

test('what a plan left out is named after it was carried out, and attaching again brings it back', async () => {
  const [taken, stray] = await upload('1862-031.txt', 'nowhere <b>.txt')
  const ids = `${taken} ${stray}`
  const planned = await app.ask('/data/objects/-/attach', { actor: 'root', form: { column: 'photo', ids } })
  const plan = planned.headers.get('Location') as string
  const headers = { Accept: 'application/json', 'Content-Type': 'application/json' }
  assert.equal((await app.ask(plan, { actor: 'root', body: '{', headers })).status, 400)
  assert.equal((await app.ask(plan, { actor: 'root', body: '', headers })).status, 200, 'it needs no field')
  const done = await app.page(plan)
  assert.match(done, /1 file was not attached\./)
  assert.match(done, new RegExp(`No row fits it: <a href="/-/files/${stray}">nowhere &lt;b&gt;\\.txt</a>`))
  assert.match(done, new RegExp(`name="ids" value="${stray}"[\\s\\S]*?Match it again`))
  assert.doesNotMatch(done, /Attach again/)
  assert.equal((await app.ask(`${plan}/-/undo`, { actor: 'root', form: {} })).status, 303)
  const undone = await app.page(plan)
  assert.match(undone, /name="go" value="again"[\s\S]*?Attach again/)
})

test('attaching again is the same plan: its rule, its choices and typed rows; what changed since is to be decided', async () => {
  const names = ['1862-021 a.txt', '1862-022 b.txt', '1862-023 a.txt', '1862-024 a.txt', 'gone.txt', 'typed.txt']
  const ids = await upload(...names)
  const [first, second, held, , gone, typed] = ids
  app.look.exec("INSERT INTO objects (id, inventory, year) VALUES (77, 'last', 1862)")
  const planned = await submit('/data/objects/-/attach', { column: 'photo', ids: ids.join(' ') })
  const plan = planned.location
  await submit(plan, { go: 'match', match: 'inventory', how: 'pattern', pattern: '{value} *.txt', exact: 'on' })
  const choices = { 'row.3': '', 'typed.4': '77', 'typed.5': '1862-025' }
  const applied = await submit(plan, { go: 'apply', ...choices })
  assert.equal(applied.status, 303, applied.text)
  assert.deepEqual(cells('id BETWEEN 21 AND 25 OR id = 77'), [first, second, held, null, typed, gone])
  assert.equal((await submit(`${plan}/-/undo`, {})).status, 303)
  app.look.exec(`DELETE FROM objects WHERE id = 77; UPDATE objects SET photo = '${ELSE}' WHERE id = 23`)
  const again = await submit(plan, { go: 'again' })
  assert.equal(again.status, 303, again.text)
  assert.notEqual(again.location, plan)
  const page = await app.page(`${again.location}?show=all`)
  assert.match(page, /<option value="pattern" selected>/)
  assert.match(page, /value="\{value\} \*\.txt"/)
  assert.match(page, /name="exact" value="on" checked/)
  assert.match(page, /3 go to a row/)
  assert.match(page, /It went to 23, which holds something else since\./)
  assert.match(page, /It went to 77, a row that is gone since\./)
  assert.match(page, /name="typed\.5\.[^"]*"[^>]*value="25"/)
  assert.equal((await submit(again.location, { go: 'apply' })).status, 303)
  assert.deepEqual(cells('id BETWEEN 21 AND 25'), [first, second, ELSE, null, typed])
  await submit(`${again.location}/-/undo`, {})
  app.look.exec('UPDATE objects SET photo = NULL WHERE id = 23')
})

test('attaching again puts nothing beside a file that somebody chose meanwhile, until the row is chosen', async () => {
  const [held, old, other, better] = (await upload('held.txt', '1862-027.txt', '1862-028.txt', 'better.txt')) as [
    string,
    string,
    string,
    string,
  ]
  app.look.exec(`UPDATE objects SET papers = '["${held}"]' WHERE id IN (27, 28)`)
  const { location: plan } = await submit('/data/objects/-/attach', { column: 'papers', ids: `${old} ${other}` })
  assert.equal((await submit(plan, { go: 'apply' })).status, 303)
  await submit(`${plan}/-/undo`, {})
  assert.deepEqual(cells('id IN (27, 28)', 'papers'), [JSON.stringify([held]), JSON.stringify([held])])
  app.look.exec(`UPDATE objects SET papers = '["${better}"]' WHERE id = 27`)
  const { location: again } = await submit(plan, { go: 'again' })
  const page = await app.page(`${again}?show=all`)
  assert.match(page, /1 goes to a row · 1 to decide/)
  assert.match(page, /It went to 27, which has got another file since\. Choose the row to add this one\./)
  assert.equal((await submit(again, { go: 'apply' })).status, 303)
  assert.deepEqual(cells('id IN (27, 28)', 'papers'), [JSON.stringify([better]), JSON.stringify([held, other])])
  await submit(`${again}/-/undo`, {})
  const { location: third } = await submit(again, { go: 'again' })
  await submit(third, { go: 'apply', 'row.0': '27' })
  assert.deepEqual(cells('id = 27', 'papers'), [JSON.stringify([better, old])], 'somebody said so')
})

test('attaching again replaces once more what undoing put back', async () => {
  const [old, better] = (await upload('old.txt', '1862-039.txt')) as [string, string]
  app.look.exec(`UPDATE objects SET photo = '${old}' WHERE id = 39`)
  const { location: plan } = await submit('/data/objects/-/attach', { column: 'photo', ids: better })
  await submit(plan, { go: 'replace all' })
  assert.equal((await submit(plan, { go: 'apply' })).status, 303)
  assert.equal((await submit(`${plan}/-/undo`, {})).status, 303)
  assert.deepEqual(cells('id = 39'), [old])
  const { location: again } = await submit(plan, { go: 'again' })
  assert.match(await app.page(again), /1 goes to a row \(1 replaces what is there\)/)
  assert.equal((await submit(again, { go: 'apply' })).status, 303)
  assert.deepEqual(cells('id = 39'), [better])
  app.look.exec('UPDATE objects SET photo = NULL WHERE id = 39')
})

test('of files that share a row, two whose names are the value letter for letter stay to be decided', async () => {
  const files = [...(await upload('1862-040.txt')), ...(await upload('1862-040.txt', '1862_40.txt'))]
  const { location: plan } = await submit('/data/objects/-/attach', { column: 'photo', ids: files.join(' ') })
  assert.match(await app.page(plan), /0 go to a row · 3 to decide/)
  assert.equal((await submit(plan, { go: 'all exact' })).status, 303)
  assert.match(await app.page(plan), /0 go to a row · 3 to decide/)
  await submit(plan, { go: 'forget' })
})

test('of two files for a row the one that somebody chose has it, and the other is to be decided', async () => {
  const [fits, better] = (await upload('1862-038.txt', '1862-038 b.txt')) as [string, string]
  const { location: plan } = await submit('/data/objects/-/attach', { column: 'photo', ids: `${fits} ${better}` })
  await submit(plan, { go: 'match', match: 'inventory', how: 'prefix' })
  assert.match(await app.page(plan), /1 goes to a row · 1 to decide/)
  await submit(plan, { go: 'save', 'row.0': '38', 'row.1': '38' })
  const page = await app.page(`${plan}?show=all`)
  assert.match(page, /1 goes to a row · 1 to decide/)
  assert.match(page, /Another file was chosen for this row, and a row takes one\./)
  assert.match(page, /You chose this row\./)
  await submit(plan, { go: 'save', 'row.1': '!out' })
  assert.match(await app.page(plan), /1 goes to a row · 1 left out/, 'what gave way has its row again')
  await submit(plan, { go: 'save', 'row.1': '38' })
  assert.equal((await submit(plan, { go: 'apply' })).status, 303)
  assert.deepEqual(cells('id = 38'), [better])
  assert.match(await app.page(plan), /1 file was not attached\.[\s\S]*?Nobody decided on it: <a[^>]*>1862-038\.txt/)
  assert.equal((await submit(`${plan}/-/undo`, {})).status, 303)
  assert.deepEqual(cells('id = 38'), [null])
})

test('so it has where it takes the place of what the row holds', async () => {
  const [old, fits, better] = (await upload('old.txt', '1862-038.txt', '1862-038 b.txt')) as [string, string, string]
  app.look.exec(`UPDATE objects SET photo = '${old}' WHERE id = 38`)
  const { location: plan } = await submit('/data/objects/-/attach', { column: 'photo', ids: `${fits} ${better}` })
  await submit(plan, { go: 'match', match: 'inventory', how: 'prefix' })
  await submit(plan, { go: 'replace all' })
  assert.match(await app.page(plan), /1 goes to a row \(1 replaces what is there\) · 1 to decide/)
  await submit(plan, { go: 'save', 'row.1': '38' })
  assert.match(await app.page(plan), /1 goes to a row \(1 replaces what is there\) · 1 to decide/)
  assert.equal((await submit(plan, { go: 'apply' })).status, 303)
  assert.deepEqual(cells('id = 38'), [better])
  app.look.exec('UPDATE objects SET photo = NULL WHERE id = 38')
})

test('files that somebody has given one row are open, whatever is decided for all', async () => {
  const files = await upload('1862-040.txt', '1862_40.txt')
  const { location: plan } = await submit('/data/objects/-/attach', { column: 'photo', ids: files.join(' ') })
  await submit(plan, { go: 'save', 'row.0': '40', 'row.1': '40' })
  const answer = await app.ask(plan, { actor: 'root', form: { go: 'all exact' } })
  const [Cookie = ''] = (answer.headers.getSetCookie()[0] ?? '').split(';')
  const page = await (await app.ask(plan, { actor: 'root', headers: { Cookie } })).text()
  assert.match(page, /0 go to a row · 2 to decide/)
  assert.match(page, /0 doubles decided, 2 are still open/)
  await submit(plan, { go: 'forget' })
})

test('a row whose file is gone for good is free for the next one', async () => {
  const [file] = (await upload('1862-031.txt')) as [string]
  const lost = `df-${'0'.repeat(26)}`
  app.look.exec(`UPDATE objects SET photo = '${lost}' WHERE id = 31`)
  const { location: plan } = await submit('/data/objects/-/attach', { column: 'photo', ids: file })
  assert.match(await app.page(plan), /1 goes to a row \(1 replaces what is there\)/)
  assert.equal((await submit(plan, { go: 'apply' })).status, 303)
  assert.deepEqual(cells('id = 31'), [file])
  await submit(`${plan}/-/undo`, {})
  assert.deepEqual(cells('id = 31'), [lost])
  app.look.exec('UPDATE objects SET photo = NULL WHERE id = 31')
})

test('attaching again gives a row its file back that its storage is without meanwhile', async () => {
  const [there, away] = (await upload('1862-029.txt', '1862-030.txt')) as [string, string]
  const { location: plan } = await submit('/data/objects/-/attach', { column: 'papers', ids: `${there} ${away}` })
  assert.equal((await submit(plan, { go: 'apply' })).status, 303)
  const attached = [JSON.stringify([there]), JSON.stringify([away])]
  assert.deepEqual(cells('id IN (29, 30)', 'papers'), attached)
  await submit(`${plan}/-/undo`, {})
  await allRead(join(app.folder, 'state'))
  const internal = new DatabaseSync(join(app.folder, 'state', 'internal.db'), { timeout: 5_000 })
  internal.prepare('UPDATE datasette_files SET missing_since = created_at WHERE id = ?').run(away)
  internal.close()
  const { location: again } = await submit(plan, { go: 'again' })
  assert.match(await app.page(again), /2 go to a row/)
  assert.equal((await submit(again, { go: 'apply' })).status, 303)
  assert.deepEqual(cells('id IN (29, 30)', 'papers'), attached)
})

test('without scripts: files of a form that are refused are named with the reason, and the others are planned', async () => {
  const form = new FormData()
  form.append('column', 'photo')
  form.append('file', new Blob(['fine']), '1862-014.txt')
  form.append('file', new Blob(['x'.repeat(501)]), 'too large.txt')
  form.append('file', new Blob(['fine as well']), '1862-015.txt')
  const sent = await app.ask('/data/objects/-/attach', { actor: 'root', form })
  assert.equal(sent.status, 303, await sent.text())
  const page = await app.page(sent.headers.get('Location') as string)
  assert.match(page, /1 file could not be uploaded\..*too large\.txt: .*500 bytes/)
  assert.match(page, /2 go to a row/)
})

test('several files go to one row where the column takes several, and the pairs may be given', async () => {
  const [a, b] = await upload('1862-020 front.txt', '1862-020 back.txt')
  const match = { column: 'inventory', how: 'prefix' }
  const first = await post('/data/objects/-/attach', { column: 'papers', files: [a], match })
  assert.equal(first.status, 200, JSON.stringify(first.body))
  const second = await post('/data/objects/-/attach', {
    column: 'papers',
    pairs: [
      [b, 20],
      [a, '20'],
    ],
  })
  assert.equal(second.status, 200, JSON.stringify(second.body))
  assert.deepEqual(cells('id = 20', 'papers'), [JSON.stringify([a, b])])
  await post(`/data/objects/-/attach/${(second.body.run as { id: string }).id}/-/undo`, {})
  assert.deepEqual(cells('id = 20', 'papers'), [JSON.stringify([a])], 'what the first run wrote stays')
})

test('a request that is wrong is told what is wrong, and nothing is written', async () => {
  const [one] = await upload('1862-030.txt')
  const refusals: [unknown, number, RegExp][] = [
    [{ column: 'photo' }, 400, /one or other of "files" or "pairs"/],
    [{ column: 'title', files: [one] }, 400, /title does not hold files/],
    [{ column: 'photo', files: ['df-1'] }, 400, /is not the id of a file/],
    [{ column: 'photo', files: [one], match: { column: 'nope' } }, 400, /Column not found: nope/],
    [{ column: 'photo', files: [one], match: { column: 'inventory', how: 'pattern', pattern: '*' } }, 400, /pattern/],
    [{ column: 'photo', files: [one], nope: 1 }, 400, /Invalid keys: nope/],
    [
      {
        column: 'photo',
        pairs: [
          [one, '30'],
          [`df-${'0'.repeat(26)}`, '31'],
        ],
      },
      400,
      /31: .*does not exist, or you may not see it/,
    ],
    [{ column: 'photo', pairs: [[one, '3000']] }, 400, /3000: There is no such row/],
    [{ column: 'photo', files: [one], match: { column: 'title' } }, 400, /No file goes to a row/],
    [{ column: 'photo', files: Array.from({ length: MAX_FILES + 1 }, () => one) }, 413, /at most 10000 files/],
  ]
  for (const [body, status, message] of refusals) {
    const answer = await post('/data/objects/-/attach', body)
    assert.equal(answer.status, status, JSON.stringify(answer.body))
    assert.match(String(answer.body.error), message)
  }
  assert.deepEqual(cells('id IN (30, 31)'), [null, null])
  assert.equal(
    (await post('/data/objects/-/attach/01hzzzzzzzzzzzzzzzzzzzzzzz/-/undo', {})).body.code,
    'attach_run_not_found',
  )
})

test('who may not see the table, or the files, attaches nothing; a plan is its maker’s alone', async () => {
  const [one] = await upload('1862-032.txt')
  const body = { column: 'photo', files: [one], match: { column: 'inventory' } }
  assert.equal((await post('/data/closed/-/attach', body, 'ann')).status, 403)
  const blind = await post('/data/objects/-/attach', { ...body, dry_run: true }, 'ann')
  assert.deepEqual(blind.body.pairs, [])
  assert.doesNotMatch(JSON.stringify(blind.body), /1862-032/)
  const plan = await submit('/data/objects/-/attach', { column: 'photo', ids: one as string })
  assert.equal((await app.ask(plan.location, { actor: 'ann' })).status, 404)
  assert.equal((await app.ask('/data/objects/-/attach')).status, 401)
})

test('two runs at once on the same rows: one is written, the other is told so', async () => {
  const [a, b] = await upload('1862-033.txt', 'other.txt')
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, at) =>
      post('/data/objects/-/attach', {
        column: 'photo',
        pairs: [
          [at % 2 === 0 ? a : b, '33'],
          [at % 2 === 0 ? b : a, '34'],
        ],
      }),
    ),
  )
  // Who comes when the rows hold what they want to write is told so, without a run.
  const codes = answers.map(({ status, body }) => (status !== 200 ? String(body.code) : body.run ? 'ok' : 'there'))
  assert.ok(codes.includes('ok'), codes.join())
  for (const code of codes) assert.ok(['ok', 'there', 'attach_busy', 'attach_changed'].includes(code), code)
  const [x, y] = cells('id IN (33, 34)')
  assert.ok((x === a && y === b) || (x === b && y === a), 'never half of each')
  // Which was carried out first is for the disk to say, not in which order they were asked for.
  const applied = answers
    .flatMap(({ body }) => (body.run as { id: string; applied_at: string } | undefined) ?? [])
    .toSorted((one, other) => (one.applied_at < other.applied_at ? 1 : -1))
  for (const { id } of applied) await post(`/data/objects/-/attach/${id}/-/undo`, {})
  assert.deepEqual(cells('id IN (33, 34)'), [null, null], 'taken back one by one, nothing is left')
})

test('one plan sent twice at once is carried out once', async () => {
  const [one] = await upload('1862-035.txt')
  const plan = await submit('/data/objects/-/attach', { column: 'photo', ids: one as string })
  const both = await Promise.all([submit(plan.location, { go: 'apply' }), submit(plan.location, { go: 'apply' })])
  assert.deepEqual(both.map(({ status }) => status).sort(), [303, 409])
  const undone = await Promise.all([1, 2, 3].map(() => post(`${plan.location}/-/undo`, {})))
  assert.equal(undone.filter(({ status }) => status === 200).length, 1)
  for (const { status, body } of undone)
    assert.ok(status === 200 || ['attach_busy', 'attach_not_applied'].includes(String(body.code)))
  assert.deepEqual(cells('id = 35'), [null])
})

test('a file that is deleted meanwhile is not attached, or stands in the cell of a run that knows it', async () => {
  for (let round = 0; round < 6; round += 1) {
    const [one, two] = (await upload('1862-036.txt', '1862-037.txt')) as [string, string]
    const [answer] = await Promise.all([
      post('/data/objects/-/attach', {
        column: 'photo',
        pairs: [
          [one, '36'],
          [two, '37'],
        ],
      }),
      app.ask(`/-/files/${one}/-/delete`, { actor: 'root', json: {}, headers: { Accept: 'application/json' } }),
    ])
    const held = cells('id IN (36, 37)')
    if (answer.status === 200) {
      assert.deepEqual(held, [one, two])
      const undone = await post(`/data/objects/-/attach/${(answer.body.run as { id: string }).id}/-/undo`, {})
      assert.equal(undone.status, 200)
    } else {
      assert.ok(
        ['attach_files_gone', 'file_column_refused'].includes(String(answer.body.code)),
        JSON.stringify(answer.body),
      )
      assert.deepEqual(held, [null, null])
    }
    assert.deepEqual(cells('id IN (36, 37)'), [null, null])
  }
})

test('what SQLite refuses is refused as a whole, in its words, and the plan can be looked at again', async () => {
  const [a, b] = await upload('1862-038.txt', '1862-039.txt')
  app.look.exec(
    "CREATE TRIGGER no39 BEFORE UPDATE ON objects WHEN new.id = 39 BEGIN SELECT RAISE(ABORT, 'row 39 is closed'); END",
  )
  const plan = await submit('/data/objects/-/attach', { column: 'photo', ids: `${a} ${b}` })
  const refused = await submit(plan.location, { go: 'apply' })
  assert.equal(refused.status, 400)
  assert.match(refused.text, /row 39 is closed/)
  assert.deepEqual(cells('id IN (38, 39)'), [null, null])
  app.look.exec('DROP TRIGGER no39')
  assert.equal((await submit(plan.location, { go: 'apply' })).status, 303)
  assert.deepEqual(cells('id IN (38, 39)'), [a, b])
})

test('nothing of all this was a failure', () => assert.deepEqual(app.failures, []))

test('rows are named by their keys as people write them; a plan in which nothing fits says what would', async () => {
  const [fits] = await upload('SK.2017.002.txt')
  const [stray] = await upload('holiday.txt')
  const plan = async (file: string) => {
    const sent = await submit('/data/sketches/-/attach', { column: 'photo', file, take: 'chosen' })
    assert.equal(sent.status, 303, sent.text)
    return sent.location
  }
  const matched = await plan(fits as string)
  const page = await app.page(matched)
  assert.match(page, />SK\.2017\.002 · Regatta day</)
  assert.doesNotMatch(page, />[^<]*SK~2E/)
  assert.equal((await submit(matched, { go: 'apply' })).status, 303)
  assert.match(await app.page(matched), />SK\.2017\.002 · Regatta day<\/a>/)

  const none = await app.page(await plan(stray as string))
  assert.match(none, /No name fits a value of number\./)
  assert.match(none, /Values look like SK\.2017\.002, SK\.2017\.003\./)
  assert.doesNotMatch(none, /value="apply"/)
  assert.match(none, /Match again/)
})

test('a row is typed by all of its key; what its storage is without is attached only where somebody chooses so', async () => {
  const [log, lost] = (await upload('some.txt', '2.txt')) as [string, string]
  await allRead(join(app.folder, 'state'))
  const internal = new DatabaseSync(join(app.folder, 'state', 'internal.db'), { timeout: 5_000 })
  internal.prepare('UPDATE datasette_files SET missing_since = created_at WHERE id = ?').run(lost)
  internal.close()
  const plan = await submit('/data/pages/-/attach', { column: 'photo', ids: `${log} ${lost}` })
  const match = { go: 'match', match: 'number', how: 'equal' }
  assert.equal((await submit(plan.location, match)).status, 303)
  const page = await app.page(plan.location)
  assert.match(page, /0 go to a row · 1 without a row · 1 missing/)
  assert.match(page, /placeholder="number or book, number"/)
  assert.match(page, /Its storage is without the file\./)
  const typed = await submit(plan.location, { go: 'save', 'typed.1': 'Log.1, 1' })
  assert.equal(typed.status, 303, typed.text)
  assert.match(await app.page(plan.location), /1 goes to a row · 1 missing/)
  await submit(plan.location, { go: 'save', 'row.0': 'Log~2E1,2' })
  assert.equal((await submit(plan.location, { go: 'apply' })).status, 303)
  const held = app.look.prepare('SELECT photo FROM pages ORDER BY number').all()
  assert.deepEqual(
    held.map(({ photo }) => photo),
    [log, lost],
  )
})

test('doubles stand beside each other, say which have the same bytes, and are decided all at once', async () => {
  app.look.exec("INSERT INTO objects (id, inventory) VALUES (81, 'NEG-0001'), (82, 'NEG-0002')")
  const form = new FormData()
  form.append('column', 'photo')
  const bytes = { 'neg_0001.txt': 'a', 'neg_0002.txt': 'b', 'NEG-0001.txt': 'c', 'NEG-0002.txt': 'b' }
  for (const [name, text] of Object.entries(bytes)) form.append('file', new Blob([`negative ${text}`]), name)
  const plan = (await app.ask('/data/objects/-/attach', { actor: 'root', form })).headers.get('Location') as string
  const page = await app.page(plan)
  assert.match(page, /0 go to a row · 4 to decide/)
  const names = [...page.matchAll(/aria-label="Row for ([^"]+)"/g)].map(([, name]) => name)
  assert.deepEqual(names, ['neg_0001.txt', 'NEG-0001.txt', 'neg_0002.txt', 'NEG-0002.txt'])
  assert.equal(page.match(/same bytes</g)?.length, 2)
  assert.match(page, /4 files share their rows with others and are to be decided\./)
  await submit(plan, { go: 'all same' })
  assert.match(await app.page(plan), /1 goes to a row · 2 to decide · 1 left out/)
  await submit(plan, { go: 'all exact' })
  assert.match(await app.page(plan), /2 go to a row · 2 left out/)
  assert.equal((await submit(plan, { go: 'apply' })).status, 303)
  const files = cells('id IN (81, 82)').map(String)
  const attached = await Promise.all(
    files.map(async (id) => (await app.ask(`/-/files/${id}.json`, { actor: 'root' })).json()),
  )
  assert.deepEqual(
    attached.map((file) => (file as { filename: string }).filename),
    ['NEG-0001.txt', 'neg_0002.txt'],
  )
  await submit(`${plan}/-/undo`, {})
  app.look.exec('DELETE FROM objects WHERE id IN (81, 82)')
})

test('an unfinished plan is listed, and forgetting it offers the files that were uploaded for it alone', async () => {
  const [used, left] = await upload('SK.2017.003.txt', 'left behind.txt')
  app.look.prepare("UPDATE sketches SET photo = ? WHERE number = 'SK.2017.003'").run(used as string)
  const ids = `${used},${left}`
  const sent = await submit('/data/sketches/-/attach', { column: 'photo', ids })
  assert.equal(sent.status, 303)
  const plan = sent.location
  const start = await app.page('/data/sketches/-/attach')
  assert.match(start, /Not finished/)
  assert.ok(start.includes(`href="${plan}"`))
  const forgotten = await submit(plan, { go: 'forget' })
  assert.equal(forgotten.status, 200)
  assert.match(forgotten.text, /1 file was uploaded for it and is used by no row\./)
  assert.match(forgotten.text, /Move the 1 file to the trash/)
  assert.ok(
    forgotten.text.includes(`name="id" value="${left}"`) && !forgotten.text.includes(`name="id" value="${used}"`),
  )
  const trashed = await submit('/-/files/-/delete', {
    id: left as string,
    return: '/data/sketches/-/attach?column=photo',
  })
  assert.deepEqual([trashed.status, trashed.location], [303, '/data/sketches/-/attach?column=photo'])
})

test('text that is no file is never replaced, whatever is asked, and its rows are counted and listed', async () => {
  const places = new Map([
    [31, 'Harbour'],
    [32, '["Quay", "Mole"]'],
  ])
  for (const [id, place] of places) app.look.prepare('UPDATE objects SET photo = ? WHERE id = ?').run(place, id)
  const stands = () => assert.deepEqual(cells('id IN (31, 32)'), [...places.values()])
  const files = await upload('1862-031.txt', '1862-032.txt', '1862-033.txt')
  const asked = { column: 'photo', files, match: { column: 'inventory' }, replace: true }
  const plan = await post('/data/objects/-/attach', { ...asked, dry_run: true })
  assert.deepEqual(plan.body.pairs, [[files[2], '33']])
  assert.deepEqual(
    [(plan.body.counts as { text: number }).text, (plan.body.counts as { filled: number }).filled],
    [2, 0],
  )

  // By pairs: refused as a whole, with the rows.
  for (const column of ['photo', 'papers']) {
    app.look.exec("UPDATE objects SET papers = 'see the folder' WHERE id = 31")
    const refused = await post('/data/objects/-/attach', { column, pairs: [[files[0], '31']] })
    assert.equal(refused.status, 400, JSON.stringify(refused.body))
    assert.deepEqual(refused.body.errors, ['31: It holds text that is no file, which is left as it is.'])
  }
  assert.deepEqual(cells('id = 31', 'papers'), ['see the folder'])
  app.look.exec('UPDATE objects SET papers = NULL WHERE id = 31')

  // On the page: a part of its own, and no choice that would write over it.
  const begun = await submit('/data/objects/-/attach', { column: 'photo', ids: files.join(' ') })
  assert.equal(begun.status, 303, begun.text.slice(0, 500))
  assert.equal((await submit(begun.location, { go: 'replace all' })).status, 303)
  const matched = { go: 'match', match: 'inventory', how: 'equal' }
  assert.equal((await submit(begun.location, matched)).status, 303)
  const page = await app.page(`${begun.location}?show=text`)
  assert.match(page, /1 goes to a row · 2 whose row holds text that is no file/)
  assert.match(page, /Holds text <span class="tabular muted">2</)
  assert.match(page, /<a href="\/data\/objects\/31">.*The row holds text that is no file, which is left as it is\./s)
  assert.doesNotMatch(page, /name="row\.[01]"/)
  const applied = await submit(begun.location, { go: 'apply' })
  assert.equal(applied.status, 303, applied.text.slice(0, 500))
  assert.deepEqual(cells('id = 33'), [files[2]])
  assert.match(
    await app.page(applied.location),
    /2 files were not attached\..*The rows of 2 hold text that is no file, which was left as it is/s,
  )
  stands()

  // A row that got text after it was planned is to be decided, and nothing is written to it.
  const [late] = await upload('1862-034.txt')
  const second = await submit('/data/objects/-/attach', { column: 'photo', ids: late as string })
  app.look.exec("UPDATE objects SET photo = 'Weir' WHERE id = 34")
  assert.match(
    await app.page(second.location),
    /The row holds text that is no file, which is left as it is\. Choose another one/,
  )
  const late400 = await submit(second.location, { go: 'apply' })
  assert.equal(late400.status, 400)
  assert.deepEqual(cells('id = 34'), ['Weir'])
  stands()
  app.look.exec('UPDATE objects SET photo = NULL WHERE id IN (31, 32, 33, 34)')
})

test('from a filtered list, only its rows get files until all are taken, and the way back leads to it', async () => {
  app.look.exec(`WITH RECURSIVE n (i) AS (SELECT 301 UNION ALL SELECT i + 1 FROM n WHERE i < 306)
    INSERT INTO objects (id, inventory, title, year) SELECT i, 'L-' || (i - 300), 'Listed ' || i, 1900 + i % 2 FROM n;
    INSERT INTO objects (id, inventory, title, year) VALUES (307, 'l_1', 'Beside', 1950)`)
  // L-1, L-3 and L-5 are of 1901; another row is called like the first.
  const list = 'year=1901&_sort_desc=inventory&_size=50'
  const rows = new URLSearchParams({ rows: list })
  const table = await app.page(`/data/objects?${list}`)
  const way = `/data/objects/-/attach?${rows}`.replaceAll('&', '&amp;')
  assert.ok(table.includes(`href="${way}"`), 'the table’s actions lead there with the list')
  const back = `href="/data/objects?${list.replaceAll('&', '&amp;')}"`
  const start = await app.page(`/data/objects/-/attach?column=photo&${rows}`)
  assert.ok(start.includes(back))
  assert.match(start, /Only the <strong>3 rows<\/strong> of <a [^>]*>this list<\/a> get files: where year = 1901\./)
  assert.match(start, /<a href="\/data\/objects\/-\/attach\?column=photo">Take all rows<\/a>/)
  assert.ok(start.includes(`action="${way}"`), 'what is uploaded comes with the list')

  const files = await upload('L-1.txt', 'L-2.txt', 'L-3.txt')
  const [first, second, third] = files as [string, string, string]
  const begun = await submit(`/data/objects/-/attach?${rows}`, { column: 'photo', ids: files.join(' ') })
  assert.equal(begun.status, 303, begun.text.slice(0, 500))
  const pairs = async () => {
    const answer = await app.ask(`${begun.location}.json`, { actor: 'root' })
    return ((await answer.json()) as { pairs: string[][] }).pairs
  }
  const ofList = [
    [first, '301'],
    [third, '303'],
  ]
  assert.deepEqual(await pairs(), ofList)
  const page = await app.page(begun.location)
  assert.match(page, /2 go to a row · 1 without a row/)
  assert.match(page, /Only the <strong>3 rows<\/strong>.*?where year = 1901.*?value="rows all"[^>]*>Take all rows</s)
  assert.match(page, /1 row of the list still has none in photo then/)
  assert.match(page, /<a href="#without-file">1 row stays without a file<\/a>.*<details id="without-file"/s)
  assert.ok(page.includes(back))
  // All rows, and the list again: the first name fits two rows of all.
  assert.equal((await submit(begun.location, { go: 'rows all' })).status, 303)
  assert.deepEqual(await pairs(), [
    [second, '302'],
    [third, '303'],
  ])
  const all = await app.page(begun.location)
  assert.match(all, /All rows of objects get files\..*?value="rows list"[^>]*>Only the 3 rows of the list</s)
  assert.ok(all.includes(back), 'the way back is the same')
  assert.equal((await submit(begun.location, { go: 'rows list' })).status, 303)
  assert.deepEqual(await pairs(), ofList)
  // Matched again, it is still the list.
  assert.equal((await submit(begun.location, { go: 'match', match: 'inventory', how: 'prefix' })).status, 303)
  assert.deepEqual(await pairs(), ofList)
  assert.equal((await submit(begun.location, { go: 'apply' })).status, 303)
  assert.deepEqual(cells('id BETWEEN 301 AND 307'), [first, null, third, null, null, null, null])
  const applied = await app.page(begun.location)
  assert.ok(applied.includes(back))
  assert.match(applied, />Back to the list</)
  assert.equal((await submit(`${begun.location}/-/undo`, {})).status, 303)
  const again = await submit(begun.location, { go: 'again' })
  assert.match(await app.page(again.location), /2 go to a row.*Only the <strong>3 rows<\/strong>/s)

  // The API takes the conditions in the address, as the list has them.
  const asked = { column: 'photo', files, match: { column: 'inventory' }, dry_run: true }
  const planned = await post(`/data/objects/-/attach?${rows}`, asked)
  assert.deepEqual(planned.body.pairs, ofList)
  assert.equal(planned.body.rows_without_file, 1)
  assert.equal((planned.body.match as { rows?: string }).rows, list)
  const words = await post('/data/objects/-/attach?rows=_search%3DListed', { ...asked, files: [first] })
  assert.deepEqual(words.body.pairs, [[first, '301']])
  const nothing = await post('/data/objects/-/attach?rows=_sort%3Dyear', { ...asked, files: [second] })
  assert.deepEqual(nothing.body.pairs, [[second, '302']], 'an order alone is no condition')
  const wrong = await post('/data/objects/-/attach?rows=nowhere__gt%3D1', asked)
  assert.equal(wrong.status, 400)
  const sql = await post('/data/objects/-/attach?rows=_where%3Dyear%3D1901', asked, 'ann')
  const own = await post('/data/objects/-/attach?rows=_where%3Dyear%3D1901', asked)
  assert.deepEqual(own.body.pairs, ofList)
  assert.equal(sql.status, 403, 'SQL of one’s own is for whom the table’s page takes it from')
  const named = { column: 'photo', pairs: [[second, '302']] }
  const ofBoth = await post(`/data/objects/-/attach?${rows}`, named)
  assert.equal(ofBoth.status, 400, 'pairs name their rows, which a list does not change')
  assert.match(JSON.stringify(ofBoth.body), /goes with \\"files\\" only/)
  assert.deepEqual(cells('id = 302'), [null])
  const late = await submit(`/data/objects/-/attach?rows=nowhere__gt%3D1`, { column: 'photo', ids: first })
  assert.equal(late.status, 400)
  assert.match(late.text, /Nothing was attached/)
  app.look.exec('DELETE FROM objects WHERE id BETWEEN 301 AND 307')
})

test('a plan whose list cannot be read any more says so, and of which rows it then counts those without a file', async () => {
  app.look.exec(`ALTER TABLE sketches ADD COLUMN box TEXT; UPDATE sketches SET box = 'A' WHERE number = 'SK.2017.002';
    INSERT INTO sketches (title, number) VALUES ('Cliffs', 'SK.2017.009')`)
  const files = await upload('SK.2017.002.txt')
  const asked = { column: 'photo', ids: files.join(' ') }
  const plan = await submit('/data/sketches/-/attach?rows=box%3DA', asked)
  assert.match(
    await app.page(plan.location),
    /Only the <strong>1 row<.*Every row of the list has a file in photo then/s,
  )
  app.look.exec('ALTER TABLE sketches DROP COLUMN box')
  const page = await app.page(plan.location)
  assert.match(page, />This list<\/a> cannot be read now\. To match files, take all rows\.<.*value="rows all"/s)
  assert.match(page, /1 row of sketches still has none in photo then/)
  assert.doesNotMatch(page, /of the list still|of the list has/)
  assert.match(await app.page('/data/sketches/-/attach?rows=box%3DA'), />This list<\/a> cannot be read now\./)
  assert.equal((await submit(plan.location, { go: 'rows all' })).status, 303)
  const all = await app.page(plan.location)
  assert.match(all, /All rows of sketches get files\./)
  assert.doesNotMatch(all, /value="rows list"/)
  await submit(plan.location, { go: 'forget' })
  app.look.exec("DELETE FROM sketches WHERE number = 'SK.2017.009'")
})

test('who may see what is uploaded is said before it is, to those who can change it, and in the plan', async () => {
  const closed =
    /<p class="muted">Only root may see the files of Papers\. <a href="\/-\/people#everybody">Change who may<\/a>/
  const open = /<p class="muted">Everybody, signed in or not, may see the files of Texts\. </
  const start = await app.page('/data/sketches/-/attach?column=photo&to=files')
  assert.match(start, closed)
  assert.ok(start.search(closed) < start.indexOf('<file-matcher'), 'before there is anything to choose')
  assert.match(await app.page('/data/sketches/-/attach?column=photo&to=texts'), open)
  const files = await upload('SK.2017.003.txt')
  const plan = await submit('/data/sketches/-/attach', { column: 'photo', ids: files.join(' ') })
  assert.match(await app.page(plan.location), closed)
  await submit(plan.location, { go: 'forget' })
  assert.doesNotMatch(await app.page('/data/sketches/-/attach?column=photo', 'ann'), /Change who may/)
})

test('what undoing left as it is is named and linked, at most ten rows of it', async () => {
  app.look.exec(`WITH RECURSIVE n (i) AS (SELECT 201 UNION ALL SELECT i + 1 FROM n WHERE i < 212)
    INSERT INTO objects (id, inventory) SELECT i, 'R-' || i FROM n`)
  const keys = Array.from({ length: 12 }, (_, at) => 201 + at)
  const files = await upload(...keys.map((key) => `R-${key}.txt`))
  const applied = await post('/data/objects/-/attach', {
    column: 'photo',
    pairs: keys.map((key, at) => [files[at], key]),
  })
  assert.equal(applied.status, 200, JSON.stringify(applied.body))
  const address = `/data/objects/-/attach/${(applied.body.run as { id: string }).id}`
  app.look.exec(`UPDATE objects SET photo = '${ELSE}' WHERE id BETWEEN 201 AND 211`)
  assert.equal((await submit(`${address}/-/undo`, {})).status, 303)
  const [notice = ''] = /11 rows were left as they are\..*?<\/div>/s.exec(await app.page(address)) ?? []
  const linked = [...notice.matchAll(/href="\/data\/objects\/(\d+)"/g)].map(([, key]) => Number(key))
  assert.deepEqual(linked, keys.slice(0, 10))
  assert.match(notice, / and 1 more/)
  app.look.exec('DELETE FROM objects WHERE id BETWEEN 201 AND 212')
})
