import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { allRead } from '../../files/background/test-all-read.ts'
import { openTestApp, type TestApp } from '../pages/test-app.ts'
import { planForm } from './test-plan-form.ts'

/** No file ever had it. */
const NEVER = `df-${'7'.repeat(26)}`

let app: TestApp
/** What rows hold before anything is attached, by what was done to it. */
const held: Record<'fine' | 'missing' | 'unreadable' | 'trashed' | 'hidden', string> = {
  ...{ fine: '', missing: '', unreadable: '', trashed: '', hidden: '' },
}

before(async () => {
  app = await openTestApp({
    sql: `CREATE TABLE objects (id INTEGER PRIMARY KEY, inventory TEXT, photo TEXT, papers TEXT);
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
        INSERT INTO objects (inventory) SELECT printf('HM-%03d', i) FROM n`,
    config: {
      databases: {
        data: {
          tables: {
            objects: { columns: { photo: { file_column: true }, papers: { file_column: true, file_multiple: true } } },
          },
        },
      },
      sources: {
        open: { storage: 'filesystem', config: { root: './open' } },
        closed: { storage: 'filesystem', config: { root: './closed' } },
      },
      permissions: {
        'view-table': true,
        'update-row': { id: ['root', 'ann'] },
        'files-browse': { open: { allow: true }, closed: { allow: { id: 'root' } } },
        'files-upload': { id: 'root' },
        'files-delete': { id: 'root' },
      },
    },
  })
  for (const name of Object.keys(held) as (keyof typeof held)[]) {
    held[name] = await upload(`${name}.txt`, `all of ${name}`, name === 'hidden' ? 'closed' : 'open')
  }
  await allRead(join(app.folder, 'state'))
  // A missing file that somebody finds in its place is there again.
  const paths = await Promise.all(['missing', 'hidden'].map((name) => pathOf(held[name as keyof typeof held])))
  for (const [at, path] of paths.entries()) rmSync(join(app.folder, ['open', 'closed'][at] as string, path))
  const internal = new DatabaseSync(join(app.folder, 'state', 'internal.db'), { timeout: 5_000 })
  internal
    .prepare('UPDATE datasette_files SET missing_since = created_at WHERE id IN (?, ?)')
    .run(held.missing, held.hidden)
  internal.prepare("UPDATE datasette_files SET unreadable = 'damaged' WHERE id = ?").run(held.unreadable)
  internal.close()
  await post(`/-/files/${held.trashed}/-/delete`, {})
  const put = app.look.prepare('UPDATE objects SET photo = ? WHERE id = ?')
  for (const [at, id] of [held.fine, held.missing, held.unreadable, held.trashed, NEVER, held.hidden].entries())
    put.run(id, at + 1)
})

after(() => app.close())

async function upload(name: string, bytes: string, source = 'open'): Promise<string> {
  const stored = await app.ask(`/-/files/upload/${source}?filename=${encodeURIComponent(name)}`, {
    actor: 'root',
    body: bytes,
    headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
  })
  assert.equal(stored.status, 201)
  return ((await stored.json()) as { file_id: string }).file_id
}

async function pathOf(id: string): Promise<string> {
  const file = (await (await app.ask(`/-/files/${id}.json`, { actor: 'root' })).json()) as { path: string }
  return file.path
}

async function post(path: string, json: unknown, actor = 'root'): Promise<Record<string, unknown>> {
  const answer = await app.ask(path, { actor, json, headers: { Accept: 'application/json' } })
  const text = await answer.text()
  assert.equal(answer.status, 200, text)
  return JSON.parse(text) as Record<string, unknown>
}

async function json(path: string): Promise<Record<string, unknown>> {
  return (await (await app.ask(path, { actor: 'root' })).json()) as Record<string, unknown>
}

async function submit(path: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const answer = await app.ask(path, { actor: 'root', form: await planForm(app, path, fields) })
  assert.equal(answer.status, 303)
  return answer.headers.get('Location') as string
}

interface PlannedFile {
  readonly filename: string
  readonly state: string
  readonly row: string | null
  readonly note: string | null
}

async function planned(column: string, files: readonly string[], actor = 'root'): Promise<PlannedFile[]> {
  const match = { column: 'inventory', how: 'prefix' }
  const body = await post('/data/objects/-/attach', { column, files, match, dry_run: true }, actor)
  return body.files as PlannedFile[]
}

const notes = (files: readonly PlannedFile[]) => files.map(({ state, note }) => [state, note])

/** Why each line of a plan's page is so, by the name of its file. */
function reasons(page: string): Map<string, string> {
  const rows = [...page.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row]) => row as string)
  return new Map(
    rows.flatMap((row) => {
      const name = /HM-\d+[^<"/]*\.txt/.exec(row)?.[0]
      const why = /<span class="fine"[^>]*>([^<]*)/.exec(row)?.[1]
      return name !== undefined && why !== undefined ? [[name, why] as const] : []
    }),
  )
}

test('a plan says what is not right with what its rows hold, and what would take its place', async () => {
  const files = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => upload(`HM-00${n}.txt`, `new ${n}`)))
  assert.deepEqual(notes(await planned('photo', files)), [
    ['filled', null],
    ['filled', 'The row holds a file that is missing.'],
    ['filled', 'The row holds a file that cannot be read.'],
    ['filled', 'The row holds a file that is in the trash.'],
    ['matched', 'The row holds a file that is gone for good.'],
    ['filled', 'The row holds a file that is missing.'],
  ])
  const plan = await submit('/data/objects/-/attach', { column: 'photo', ids: files.join(' ') })
  assert.deepEqual(
    [...reasons(await app.page(`${plan}?show=all`))],
    [
      ['HM-001.txt', 'The row holds a file already. Choose the row to replace it.'],
      ['HM-002.txt', 'The row holds a file that is missing. Choose the row to replace it.'],
      ['HM-003.txt', 'The row holds a file that cannot be read. Choose the row to replace it.'],
      ['HM-004.txt', 'The row holds a file that is in the trash. Choose the row to replace it.'],
      ['HM-005.txt', 'It takes the place of a file that is gone for good.'],
      ['HM-006.txt', 'The row holds a file that is missing. Choose the row to replace it.'],
    ],
  )
  await submit(plan, { go: 'save', 'row.0': '1', 'row.1': '2', 'row.2': '3' })
  const chosen = reasons(await app.page(`${plan}?show=rows`))
  assert.equal(chosen.get('HM-001.txt'), 'It takes the place of what the row holds.')
  assert.equal(chosen.get('HM-002.txt'), 'It takes the place of a file that is missing.')
  assert.equal(chosen.get('HM-003.txt'), 'It takes the place of a file that cannot be read.')
})

test('one press replaces only what is not right, and another takes that back; the API is asked for the same', async () => {
  const files = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => upload(`HM-00${n}.txt`, `better ${n}`)))
  const [, two, three, four, five, six] = files as [string, string, string, string, string, string]
  const plan = await submit('/data/objects/-/attach', { column: 'photo', ids: files.join(' ') })
  const bar = async () => {
    const [text = ''] =
      /<div data-live="plan-doubles">.*?<\/div><\/div>/s.exec(await app.page(`${plan}?show=all`)) ?? []
    return {
      words: /<p>(.*?)<\/p>/s.exec(text)?.[1]?.trim(),
      ways: [...text.matchAll(/value="(replace [^"]*)"/g)].map(([, way]) => way),
    }
  }
  const goesTo = async () => ((await json(`${plan}.json`)).pairs as string[][]).map(([file]) => file)
  assert.deepEqual(await bar(), {
    words:
      '5 files fit rows that hold a file already. What 4 of them hold is not right: missing, cannot be read, in the trash or gone for good. For all of them at once:',
    ways: ['replace not_right', 'replace all'],
  })
  assert.match(await app.page(plan), />Replace only what is not right \(4 rows\)</)
  // The row of the fifth is free, for its file is gone for good.
  assert.deepEqual(await goesTo(), [five])
  await submit(plan, { go: 'replace not_right' })
  assert.deepEqual(await goesTo(), [two, three, four, five, six])
  const chosen = await app.page(plan)
  assert.match(chosen, /5 go to a row \(5 replace what is there\) · 1 to decide/)
  assert.match(chosen, /Attach 5 files, replacing 5</)
  assert.deepEqual((await bar()).ways, ['replace not_right', 'replace all', 'replace none'])
  // Matched again, it is still so.
  await submit(plan, { go: 'match', match: 'inventory', how: 'prefix' })
  assert.deepEqual(await goesTo(), [two, three, four, five, six])
  await submit(plan, { go: 'replace all' })
  assert.deepEqual(await goesTo(), files)
  // What somebody left out stays out.
  await submit(plan, { go: 'save', 'row.1': '!out' })
  await submit(plan, { go: 'replace not_right' })
  assert.deepEqual(await goesTo(), [three, four, five, six])
  await submit(plan, { go: 'replace none' })
  assert.deepEqual(await goesTo(), [five])
  await submit(plan, { go: 'match', match: 'inventory', how: 'prefix' })
  assert.deepEqual(await goesTo(), [five])
  await submit(plan, { go: 'replace not_right' })
  assert.deepEqual(await goesTo(), [three, four, five, six], 'also where it is matched again')
  await submit(plan, { go: 'save', 'row.1': '' })

  const asked = { column: 'photo', files, match: { column: 'inventory', how: 'prefix' }, dry_run: true }
  const attach = '/data/objects/-/attach'
  const rows = ({ pairs }: Record<string, unknown>) => (pairs as string[][]).map(([, key]) => key)
  assert.deepEqual(rows(await post(attach, { ...asked, replace: 'not_right' })), ['2', '3', '4', '5', '6'])
  assert.deepEqual(rows(await post(attach, { ...asked, replace: true })), ['1', '2', '3', '4', '5', '6'])
  assert.deepEqual(
    rows(await post(attach, { ...asked, replace: 'not_right' }, 'ann')),
    ['2', '3'],
    'what one may not know of stays',
  )
  const refused = await app.ask(attach, { actor: 'root', json: { ...asked, replace: 'wrong' } })
  assert.equal(refused.status, 400)

  await submit(plan, { go: 'replace not_right' })
  await submit(plan, { go: 'apply' })
  const cells = () =>
    app.look
      .prepare('SELECT photo FROM objects WHERE id <= 6 ORDER BY id')
      .all()
      .map(({ photo }) => photo)
  assert.deepEqual(cells(), [held.fine, two, three, four, five, six])
  const result = await app.page(plan)
  const [panel = ''] = /<details class="panel fold-panel" open><summary>.*?<\/details>/s.exec(result) ?? []
  assert.match(panel, /5 files were replaced<\/strong> <span class="muted">Undo puts them back/)
  const lines = [...panel.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)]
    .slice(1)
    .map(([, line = '']) => [
      /href="\/data\/objects\/(\d)"/.exec(line)?.[1],
      /<a (?:class="[^"]*" )?href="\/-\/files\/(df-\w+)"/.exec(line)?.[1],
      /data-label="Where it is now">(?:<a [^>]*>)?([^<]*)/.exec(line)?.[1],
    ])
  assert.deepEqual(lines, [
    ['2', held.missing, 'The source open is without it'],
    ['3', held.unreadable, 'In the source open'],
    ['4', held.trashed, 'In the trash'],
    ['5', undefined, 'Gone for good'],
    ['6', held.hidden, 'The source closed is without it'],
  ])
  const { cells: written } = (await json(`${plan}.json`)) as { cells: { row: string; replaced: string[] }[] }
  assert.deepEqual(
    written.map(({ row, replaced }) => [row, ...replaced]),
    [
      ['2', held.missing],
      ['3', held.unreadable],
      ['4', held.trashed],
      ['5', NEVER],
      ['6', held.hidden],
    ],
  )
  await submit(`${plan}/-/undo`, {})
  assert.doesNotMatch(await app.page(plan), /were replaced/, 'what was replaced is back')
  assert.deepEqual(cells(), [held.fine, held.missing, held.unreadable, held.trashed, NEVER, held.hidden])
})

test('who may not know of a file is told nothing of it', async () => {
  const files = await Promise.all([4, 5, 6].map((n) => upload(`HM-00${n}.txt`, `newer ${n}`)))
  assert.deepEqual(
    notes(await planned('photo', files, 'ann')),
    [4, 5, 6].map(() => ['filled', null]),
  )
})

test('where a row takes several, a plan says what a file would stand beside', async () => {
  const list = JSON.stringify([held.fine, held.missing, held.unreadable, NEVER, NEVER.replace('7', '8')])
  app.look.prepare('UPDATE objects SET papers = ? WHERE id = 1').run(list)
  const file = await upload('HM-001 letter.txt', 'a letter')
  const plan = await submit('/data/objects/-/attach', { column: 'papers', ids: file })
  assert.equal(
    reasons(await app.page(plan)).get('HM-001 letter.txt'),
    'Its name fits inventory. The row holds a file that is missing and a file that cannot be read and 2 files that are gone for good.',
  )
  app.look.exec('UPDATE objects SET papers = NULL')
})

test('bytes that a row has already are not added once more, unless somebody chooses the row', async () => {
  const [first, again, other] = (await Promise.all([
    upload('HM-007 front.txt', 'the front'),
    upload('HM-007 front copy.txt', 'the front'),
    upload('HM-007 back.txt', 'the back'),
  ])) as [string, string, string]
  app.look.prepare('UPDATE objects SET papers = ? WHERE id = 7').run(JSON.stringify([first]))
  const why = 'The row has HM-007 front.txt already, with the same bytes. Choose the row to add it all the same.'
  assert.deepEqual(
    (await planned('papers', [again, other])).map(({ filename, state, row, note }) => [filename, state, row, note]),
    [
      ['HM-007 back.txt', 'matched', '7', null],
      ['HM-007 front copy.txt', 'copy', null, why],
    ],
  )
  const plan = await submit('/data/objects/-/attach', { column: 'papers', ids: `${again} ${other}` })
  const page = await app.page(`${plan}?show=all`)
  assert.match(page, /1 goes to a row · 1 whose row has the same bytes/)
  assert.match(page, /1 file is not attached: 1 whose row has the same bytes\./)
  assert.equal(reasons(page).get('HM-007 front copy.txt'), why)
  assert.match(page, /<option value="" selected>Not added<\/option>/)
  await submit(plan, { go: 'save', 'row.1': '7' })
  assert.match(await app.page(plan), /2 go to a row/)
  await submit(plan, { go: 'save', 'row.1': '' })
  await submit(plan, { go: 'apply' })
  assert.equal(
    app.look.prepare('SELECT papers FROM objects WHERE id = 7').get()?.papers,
    JSON.stringify([first, other]),
  )
  assert.match(await app.page(plan), /Its row has the same bytes already: <a [^>]*>HM-007 front copy\.txt<\/a>/)
  await submit(`${plan}/-/undo`, {})
  const undone = await app.page(plan)
  assert.match(undone, /Its row had the same bytes then: <a [^>]*>HM-007 front copy\.txt<\/a>/)
  assert.doesNotMatch(undone, /the same bytes already/)
  const third = await submit(plan, { go: 'again' })
  assert.match(await app.page(third), /1 goes to a row · 1 whose row has the same bytes/)
})

test('of several files of one plan with the same bytes the first goes to the row', async () => {
  const files = await Promise.all([
    upload('HM-008 a.txt', 'twice'),
    upload('HM-008 b.txt', 'twice'),
    upload('HM-009.txt', 'twice'),
  ])
  assert.deepEqual(
    (await planned('papers', files)).map(({ filename, state, note }) => [filename, state, note]),
    [
      ['HM-008 a.txt', 'matched', null],
      [
        'HM-008 b.txt',
        'copy',
        'HM-008 a.txt fits the row too, and has the same bytes. Choose the row to add it all the same.',
      ],
      ['HM-009.txt', 'matched', null],
    ],
  )
})

test('of files with the same bytes the one whose name is all of the value goes to the row, wherever it stands', async () => {
  const files = await Promise.all([
    upload('hm_006 (copy).txt', 'one and the same'),
    upload('HM-006.txt', 'one and the same'),
  ])
  assert.deepEqual(
    (await planned('papers', files)).map(({ filename, state }) => [filename, state]),
    [
      ['hm_006 (copy).txt', 'copy'],
      ['HM-006.txt', 'matched'],
    ],
  )
})

test('the same bytes as a file that is missing are worth having', async () => {
  app.look.prepare('UPDATE objects SET papers = ? WHERE id = 9').run(JSON.stringify([held.missing]))
  const found = await upload('HM-009 found.txt', 'all of missing')
  assert.deepEqual(notes(await planned('papers', [found])), [['matched', 'The row holds a file that is missing.']])
})

test('nothing of all this was a failure', () => assert.deepEqual(app.failures, []))
