import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, beforeEach, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { openTestApp, type TestApp } from '../pages/test-app.ts'

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
  const answer = await app.ask(path, { actor: 'root', form: fields })
  assert.equal(answer.status, 303)
  return answer.headers.get('Location') as string
}

const plan = (ids: readonly string[]) => submit('/data/objects/-/attach', { column: 'photo', ids: ids.join(' ') })

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
  assert.equal(said(page), '2 of 4 files cannot be read, and 1 of them goes to a row. Their pages say why. Show them')
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
  assert.equal(said(part), '2 of 4 files cannot be read, and 1 of them goes to a row. Their pages say why.')
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
