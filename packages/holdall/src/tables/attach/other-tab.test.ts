import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { openTestApp, type TestApp } from '../pages/test-app.ts'

const HEADERS = { Accept: 'application/json' }
const OTHER_TAB =
  /This plan was matched again, or decided for many files at once, in another tab or window\. Nothing was/

let app: TestApp
/** Of the three files, by the first letters of their names. */
const files = new Map<string, string>()
let plan: string

before(async () => {
  app = await openTestApp({
    sql: `CREATE TABLE objects (id INTEGER PRIMARY KEY, inventory TEXT, photo TEXT);
      INSERT INTO objects (id, inventory) VALUES (5, 'inv-5'), (6, 'inv-6'), (7, 'A inv-5');`,
    config: {
      databases: { data: { tables: { objects: { columns: { photo: { file_column: true } } } } } },
      sources: { files: { storage: 'filesystem', config: { root: './files' } } },
      permissions: { 'update-row': { id: 'root' }, 'files-browse': true },
    },
  })
  for (const name of ['A inv-5.txt', 'B inv-6.txt', 'C inv-5.txt']) {
    const form = new FormData()
    form.append('file', new Blob([name]), name)
    const answer = await app.ask('/-/files/upload/files', { actor: 'root', form, headers: HEADERS })
    files.set(name.slice(0, 1), ((await answer.json()) as { file_id: string }).file_id)
  }
})
after(() => app.close())

beforeEach(async () => {
  app.look.exec('UPDATE objects SET photo = NULL')
  const form = { column: 'photo', ids: [...files.values()].join(' ') }
  plan = (await app.ask('/data/objects/-/attach', { actor: 'root', form })).headers.get('Location') as string
  await matchAgain({ how: 'pattern', pattern: '* {value}.txt' })
})

async function send(form: Readonly<Record<string, string>>, to = plan) {
  const answer = await app.ask(to, { actor: 'root', form })
  return { status: answer.status, text: await answer.text() }
}

async function matchAgain(rule: Readonly<Record<string, string>>): Promise<void> {
  assert.equal((await send({ go: 'match', match: 'inventory', ...rule })).status, 303)
}

interface Tab {
  readonly revision: string
  /** The field of the line of a file, by the first letter of its name. */
  field(letter: string): string
}

function tabOf(page: string): Tab {
  const [, revision = ''] = /<input type="hidden" name="revision" value="(\d+)"/.exec(page) ?? []
  assert.notEqual(revision, '')
  return {
    revision,
    field(letter) {
      const [, name] = new RegExp(`name="([^"]*)"[^>]*aria-label="Row for ${letter} inv`).exec(page) ?? []
      assert.ok(name, letter)
      return name
    },
  }
}

const openTab = async () => tabOf(await app.page(`${plan}?show=all`))

/** The plan as it stands, to hold against itself. */
async function planned(): Promise<unknown> {
  const { run, pairs } = (await (await app.ask(`${plan}.json`, { actor: 'root' })).json()) as Record<string, unknown>
  return { run, pairs }
}

/** Which file each row holds, by the first letter of its name. */
function held(): (string | undefined)[] {
  const rows = app.look.prepare('SELECT photo FROM objects ORDER BY id').all()
  return rows.map(({ photo }) => [...files].find(([, id]) => id === photo)?.[0])
}

test('a page that was drawn before the plan was matched again attaches nothing, and shows the plan as it is now', async () => {
  const first = await openTab()
  await matchAgain({ how: 'equal' })
  const before = await planned()
  const refused = await send({
    revision: first.revision,
    [first.field('A')]: '!out',
    [first.field('C')]: '5',
    here: 'show=all',
    how: 'pattern',
    go: 'apply',
  })
  assert.equal(refused.status, 409)
  assert.match(refused.text, OTHER_TAB)
  assert.match(refused.text, /<option value="equal" selected>/)
  assert.deepEqual(held(), [undefined, undefined, undefined])
  assert.deepEqual(await planned(), before)
  const now = tabOf(refused.text)
  assert.notEqual(now.field('C'), first.field('C'), 'its line is in another place')
  const looked = { revision: now.revision, [now.field('C')]: '5', [now.field('A')]: '', here: 'show=all' }
  assert.equal((await send({ ...looked, go: 'apply' })).status, 303)
  assert.deepEqual(held(), ['C', undefined, undefined])
})

test('no button of such a page does anything', async () => {
  const { revision, field } = await openTab()
  await matchAgain({ how: 'prefix' })
  const before = await planned()
  const buttons = ['apply', 'save', 'match', 'all exact', 'all same', 'all out', 'replace all', 'replace none']
  buttons.push(
    'unreadable out',
    'unreadable back',
    'rows all',
    'rows list',
    'forget',
    'to?show=all',
    'to?show=all&from=2',
  )
  for (const go of buttons) {
    for (const fields of [{ revision }, { revision, [field('C')]: '5' }]) {
      const refused = await send({ ...fields, go, match: 'inventory' })
      assert.equal(refused.status, 409, go)
      assert.match(refused.text, OTHER_TAB, go)
    }
  }
  assert.deepEqual(await planned(), before)
  assert.deepEqual(held(), [undefined, undefined, undefined])
})

test('nor does one that was drawn before many files were decided at once; one line for itself stands in no way', async () => {
  const first = await openTab()
  const second = await openTab()
  assert.equal((await send({ revision: first.revision, [first.field('B')]: '7', go: 'save' })).status, 303)
  assert.equal((await send({ revision: second.revision, go: 'all out' })).status, 303)
  const late = await send({ revision: first.revision, [first.field('C')]: '5', go: 'apply' })
  assert.equal(late.status, 409)
  assert.deepEqual(held(), [undefined, undefined, undefined])
  const now = await openTab()
  assert.equal((await send({ revision: now.revision, go: 'apply' })).status, 303)
  assert.deepEqual(held(), [undefined, undefined, 'B'])
})

test('what is said of one file is never taken for another, and a form that does not say what it was drawn from decides nothing', async () => {
  const { revision, field } = await openTab()
  const before = await planned()
  const moved = field('C').replace(files.get('C') as string, files.get('B') as string)
  assert.equal((await send({ revision, [moved]: '5', go: 'apply' })).status, 409)
  assert.equal((await send({ [field('C')]: '5', go: 'apply' })).status, 409)
  assert.equal((await send({ 'row.1': '5', go: 'apply' })).status, 409, 'a page of an older version')
  assert.deepEqual(await planned(), before)
})

test('as JSON, the revision that was looked at can be said, and another one is not carried out', async () => {
  const { run } = (await planned()) as { run: { revision: number } }
  await matchAgain({ how: 'equal' })
  const ask = async (json: unknown) => {
    const answer = await app.ask(plan, { actor: 'root', json, headers: HEADERS })
    return [answer.status, ((await answer.json()) as { code?: string }).code]
  }
  assert.deepEqual(await ask({ revision: run.revision }), [409, 'attach_plan_changed'])
  assert.deepEqual(await ask({ revision: String(run.revision) }), [400, 'bad_request'])
  assert.deepEqual(held(), [undefined, undefined, undefined])
  const now = (await planned()) as { run: { revision: number } }
  assert.deepEqual(await ask({ revision: now.run.revision }), [200, undefined])
  assert.deepEqual(held(), [undefined, undefined, 'A'])
})
