import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, beforeEach, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { allRead } from '../../files/background/test-all-read.ts'
import { openTestApp, type TestApp } from '../pages/test-app.ts'
import { planForm } from './test-plan-form.ts'

let app: TestApp
let internal: DatabaseSync
/** `HM-001.txt` to `HM-004.txt`; there is no row for the fourth. */
let files: string[]

before(async () => {
  app = await openTestApp({
    sql: `CREATE TABLE objects (id INTEGER PRIMARY KEY, inventory TEXT, photo TEXT);
      INSERT INTO objects (inventory) VALUES ('HM-001'), ('HM-002'), ('HM-003')`,
    config: {
      databases: { data: { tables: { objects: { columns: { photo: { file_column: true } } } } } },
      sources: {
        open: { storage: 'filesystem', config: { root: './open' } },
        closed: { storage: 'filesystem', config: { root: './closed' } },
      },
      permissions: {
        'view-table': true,
        'update-row': { id: ['root', 'ann'] },
        'files-browse': { open: { allow: true }, closed: { allow: { id: 'root' } } },
        'files-upload': { id: 'root' },
      },
    },
  })
  internal = new DatabaseSync(join(app.folder, 'state', 'internal.db'), { timeout: 5_000 })
})
after(async () => {
  internal.close()
  await app.close()
})
beforeEach(async () => {
  files = []
  for (const n of [1, 2, 3, 4]) files.push(await upload(`HM-00${n}.txt`, 'open'))
  await allRead(join(app.folder, 'state'))
})

async function upload(name: string, source: string): Promise<string> {
  const stored = await app.ask(`/-/files/upload/${source}?filename=${name}`, {
    actor: 'root',
    body: `all of ${name} ${Math.random()}`,
    headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
  })
  assert.equal(stored.status, 201)
  return ((await stored.json()) as { file_id: string }).file_id
}

/** Between two turns no transaction of the server is open, for which this thread could not wait. */
async function write(sql: string, ...values: string[]): Promise<void> {
  await turn()
  internal.prepare(sql).run(...values)
}

async function cannotBeRead(...ids: (string | undefined)[]): Promise<void> {
  for (const id of ids) await write("UPDATE datasette_files SET unreadable = 'cut_off' WHERE id = ?", id as string)
}

async function submit(path: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const answer = await app.ask(path, { actor: 'root', form: await planForm(app, path, fields) })
  assert.equal(answer.status, 303)
  return answer.headers.get('Location') as string
}

const plan = (ids: readonly string[]) => submit('/data/objects/-/attach', { column: 'photo', ids: ids.join(' ') })

/** Presses a button of a plan's page, and says what the page says then, once and above the plan. */
async function press(run: string, fields: Readonly<Record<string, string>>): Promise<{ once: string; above: string }> {
  const answer = await app.ask(run, { actor: 'root', form: await planForm(app, run, fields) })
  assert.equal(answer.status, 303)
  const [Cookie = ''] = (answer.headers.getSetCookie()[0] ?? '').split(';')
  const next = await app.ask(answer.headers.get('Location') as string, { actor: 'root', headers: { Cookie } })
  const page = await next.text()
  const [, once = ''] = /<div class="toast said"[^>]*>.*?<span[^>]*>(.*?)<\/span>/s.exec(page) ?? []
  return { once, above: said(page) }
}

/** Which of the files go to which rows, by their numbers: `1 to 1`. */
async function going(run: string): Promise<string[]> {
  const answer = await app.ask(`${run}.json`, { actor: 'root' })
  const { pairs } = (await answer.json()) as { pairs: [string, string][] }
  return pairs.map(([file, row]) => `${files.indexOf(file) + 1} to ${row}`)
}

/** The line above the plan, without its markup. */
function said(page: string): string {
  const [, part = ''] = /<div data-live="plan-readable">(.*?)<\/div><div data-live="plan-doubles">/s.exec(page) ?? []
  return part
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** The files of the plan's table, and what is said beside the name of each. */
function shown(page: string): string[][] {
  const rows = [...page.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].slice(1)
  return rows.map(([, row = '']) => {
    const state = /<span class="file-facts file-state">.*?<\/svg>([^<]*)/s.exec(row)?.[1]
    return [/title="(HM-\d+\.txt)"/.exec(row)?.[1] ?? '', ...(state ? [state] : [])]
  })
}

test('a plan says which of its files cannot be read, how many, and how many of them go to a row', async () => {
  assert.equal(said(await app.page(await plan(files))), '', 'nothing is said where all can be')
  await cannotBeRead(files[0], files[3])
  const run = await plan(files)
  const page = await app.page(`${run}?show=all`)
  assert.equal(
    said(page),
    '2 of 4 files cannot be read, and 1 of them goes to a row. Their pages say why. Leave out 1 file Show them',
  )
  assert.deepEqual(shown(page), [
    ['HM-001.txt', 'Cannot be read'],
    ['HM-002.txt'],
    ['HM-003.txt'],
    ['HM-004.txt', 'Cannot be read'],
  ])
  const only = await submit(run, { go: 'to?show=unreadable' })
  assert.match(only, /\?show=unreadable$/)
  const part = await app.page(only)
  assert.deepEqual(shown(part), [
    ['HM-001.txt', 'Cannot be read'],
    ['HM-004.txt', 'Cannot be read'],
  ])
  assert.equal(
    said(part),
    '2 of 4 files cannot be read, and 1 of them goes to a row. Their pages say why. Leave out 1 file',
  )
  await submit(run, { go: 'save', 'row.0': '!out' })
  assert.match(said(await app.page(run)), /^2 of 4 files cannot be read\. Their pages/)
  const parts = [...(/<div class="plan-parts".*?<\/div>/s.exec(page)?.[0].matchAll(/<button[^>]*>([^<]*)/g) ?? [])]
  assert.equal(parts.at(-1)?.[1]?.trim(), 'Cannot be read')
})

test('is said of what is found out later, and not of what one may not see', async () => {
  const closed = await upload('HM-003.txt', 'closed')
  const run = await plan([files[0] as string, closed])
  await cannotBeRead(files[0])
  assert.match(said(await app.page(run)), /^1 of 2 files cannot be read, and it goes to a row\. Its page says why\./)
  await cannotBeRead(closed)
  assert.match(said(await app.page(run)), /^2 of 2 files cannot be read, and all of them go to a row\./)
  await write("UPDATE attach_runs SET actor_id = 'ann' WHERE id = ?", run.split('/').at(-1) as string)
  const answer = await app.ask(run, { actor: 'ann', headers: { Accept: 'text/html' } })
  assert.match(said(await answer.text()), /^1 of 2 files cannot be read/)
})

test('what is still being read is said as such', async () => {
  const run = await plan(files)
  await write(
    "INSERT OR REPLACE INTO datasette_files_work (file_id, kind, not_before) VALUES (?, 'whole', '2999-01-01T00:00:00.000Z')",
    files[1] as string,
  )
  assert.equal(said(await app.page(run)), '1 file is still being read: whether it can be is not known yet.')
  await cannotBeRead(files[1])
  assert.match(said(await app.page(run)), /^1 of 4 files cannot be read.*Show it$/, 'what is known is known')
  await write("DELETE FROM datasette_files_work WHERE not_before >= '2999' AND file_id = ?", files[1] as string)
})

test('as JSON: each line of a plan says why its file cannot be read', async () => {
  await cannotBeRead(files[0])
  const answer = await app.ask('/data/objects/-/attach', {
    actor: 'root',
    json: { column: 'photo', files, match: { column: 'inventory', how: 'equal' }, dry_run: true },
    headers: { Accept: 'application/json' },
  })
  const body = (await answer.json()) as { files: { filename: string; unreadable: string | null }[] }
  assert.deepEqual(
    body.files.map(({ unreadable }) => unreadable),
    ['cut_off', null, null, null],
  )
})

test('one button leaves out all that cannot be read, and nothing else; another puts them back', async () => {
  await cannotBeRead(files[0], files[2], files[3])
  const run = await plan(files)
  const out = await press(run, { go: 'unreadable out', here: 'show=unreadable', 'row.1': '!out' })
  assert.deepEqual(out, {
    once: '2 files left out',
    above: '3 of 4 files cannot be read. Their pages say why. Put back 2 files',
  })
  assert.deepEqual(await going(run), [])
  assert.match(await app.page(`${run}?show=left`), /Left out <span class="tabular muted">3</)
  const back = await press(run, { go: 'unreadable back', here: 'show=all' })
  assert.deepEqual(back, {
    once: '2 files put back',
    above: '3 of 4 files cannot be read, and 2 of them go to a row. Their pages say why. Leave out 2 files Show them',
  })
  assert.deepEqual(await going(run), ['1 to 1', '3 to 3'], 'what was left out by hand stays so')
})

test('what was put back is to be decided where another file has taken the row, or where nobody knows what was chosen', async () => {
  app.look.exec(`UPDATE objects SET photo = '${files[3]}' WHERE id = 3`)
  const other = await upload('other.txt', 'open')
  await cannotBeRead(files[0], files[2])
  const run = await plan([...files.slice(0, 3), other])
  await submit(run, { go: 'replace all' })
  assert.deepEqual(await going(run), ['1 to 1', '2 to 2', '3 to 3'])
  const page = await app.page(`${run}?show=all`)
  const [, position] = /name="typed\.(\d+)\.[^"]*"[^>]*aria-label="Row for other\.txt"/.exec(page) ?? []
  await press(run, { go: 'unreadable out', here: 'show=all' })
  await submit(run, { go: 'save', [`typed.${position}`]: '1' })
  const back = await press(run, { go: 'unreadable back', here: 'show=all' })
  assert.equal(back.once, '2 files put back, 2 of them to be decided')
  assert.match(back.above, /^2 of 4 files cannot be read\. .*Leave out 2 files Show them$/)
  assert.deepEqual(await going(run), ['2 to 2', '0 to 1'])
  app.look.exec('UPDATE objects SET photo = NULL')
})

test('a row that was typed for a file that cannot be read is taken out of its field', async () => {
  await cannotBeRead(files[3])
  const run = await plan([files[3] as string])
  await submit(run, { go: 'save', 'typed.0': '2' })
  assert.deepEqual(await going(run), ['4 to 2'])
  const out = await press(run, { go: 'unreadable out', here: 'show=all', 'typed.0': '2' })
  assert.deepEqual(out, { once: '1 file left out', above: 'The file cannot be read. Its page says why. Show it' })
  assert.deepEqual(await going(run), [])
})

test('files that one may not see are neither left out nor put back', async () => {
  const closed = await upload('HM-003.txt', 'closed')
  await cannotBeRead(files[0], closed)
  const run = await plan([files[0] as string, closed])
  await write("UPDATE attach_runs SET actor_id = 'ann' WHERE id = ?", run.split('/').at(-1) as string)
  const answer = await app.ask(run, { actor: 'ann', form: { go: 'unreadable out' } })
  assert.equal(answer.status, 303)
  const left = internal.prepare("SELECT file_id FROM attach_lines WHERE run_id = ? AND chosen = ''")
  const ids = left.all(run.split('/').at(-1) as string).map(({ file_id }) => file_id)
  assert.deepEqual(ids, [files[0]])
})
