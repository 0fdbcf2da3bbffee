import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from '../pages/test-app.ts'
import { planForm } from './test-plan-form.ts'

let app: TestApp

before(async () => {
  app = await openTestApp({
    sql: `CREATE TABLE objects (id INTEGER PRIMARY KEY, inventory TEXT, code TEXT, photo TEXT);
      INSERT INTO objects (inventory, code) VALUES ('HM-001', 'A'), ('HM-002', 'B'), ('HM-003', 'C'), (NULL, 'D')`,
    config: { databases: { data: { tables: { objects: { columns: { photo: { file_column: true } } } } } } },
  })
})
after(() => app.close())

async function submit(path: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const answer = await app.ask(path, { actor: 'root', form: await planForm(app, path, fields) })
  assert.equal(answer.status, 303)
  return answer.headers.get('Location') as string
}

/** A plan for new files of these names, in their order. */
async function plan(...names: string[]): Promise<string> {
  const form = new FormData()
  form.append('column', 'photo')
  for (const name of names) form.append('file', new Blob([`all of ${name}`]), name)
  const answer = await app.ask('/data/objects/-/attach', { actor: 'root', form })
  return answer.headers.get('Location') as string
}

/** Matches a plan by another rule, and says what its page says then. */
async function matchAgain(run: string, how: Readonly<Record<string, string>>): Promise<string> {
  const answer = await app.ask(run, { actor: 'root', form: await planForm(app, run, { go: 'match', ...how }) })
  assert.equal(answer.status, 303)
  const [Cookie = ''] = (answer.headers.getSetCookie()[0] ?? '').split(';')
  const next = await app.ask(run, { actor: 'root', headers: { Cookie } })
  return /<div class="toast said"[^>]*>.*?<span[^>]*>(.*?)<\/span>/s.exec(await next.text())?.[1] ?? ''
}

/** The rows that files go to. */
async function going(run: string): Promise<string[]> {
  const answer = await app.ask(`${run}.json`, { actor: 'root' })
  const { pairs } = (await answer.json()) as { pairs: [string, string][] }
  return pairs.map(([, row]) => row)
}

const head = async (run: string) => /data-live="plan-head">(.*?)</.exec(await app.page(run))?.[1]

test('matched in another way, a plan keeps the rows that were named and the files that were left out', async () => {
  const run = await plan('HM-001.txt', 'HM-002.txt', 'HM-003.txt', 'stray.txt')
  assert.equal(await head(run), '3 go to a row · 1 without a row')
  await submit(run, { go: 'save', 'row.1': '!out', 'typed.3': '4' })
  assert.deepEqual(await going(run), ['1', '3', '4'])
  assert.equal(
    await matchAgain(run, { match: 'inventory', how: 'prefix' }),
    '1 row named by hand and 1 file left out are as they were',
  )
  assert.deepEqual(await going(run), ['1', '3', '4'])
  assert.equal(await head(run), '3 go to a row · 1 left out')
  assert.equal(
    await matchAgain(run, { match: 'code', how: 'equal' }),
    '1 row named by hand and 1 file left out are as they were',
    'also where no name fits any more',
  )
  assert.deepEqual(await going(run), ['4'])
  assert.equal(await head(run), '1 goes to a row · 2 without a row · 1 left out')
})

test('what is typed and what matches again are sent at once', async () => {
  const run = await plan('HM-001.txt', 'stray.txt')
  assert.equal(
    await matchAgain(run, { match: 'code', how: 'equal', 'typed.1': '4' }),
    '1 row named by hand is as it was',
  )
  assert.deepEqual(await going(run), ['4'])
})

test('of files that shared a row those that were left out stay out, and which of them has it is asked again', async () => {
  const run = await plan('HM-001 a.txt', 'HM-001 b.txt', 'HM-001 c.txt')
  await submit(run, { go: 'match', match: 'inventory', how: 'prefix' })
  assert.equal(await head(run), '0 go to a row · 3 to decide')
  await submit(run, { go: 'save', 'row.0': '1', 'row.1': '!out' })
  assert.equal(await head(run), '1 goes to a row · 1 to decide · 1 left out')
  assert.equal(await matchAgain(run, { match: 'code', how: 'prefix' }), '1 file left out is as it was')
  assert.deepEqual(await going(run), [])
  const alone = { match: 'inventory', how: 'pattern', pattern: '{value} b.txt' }
  assert.equal(await matchAgain(run, alone), '1 file left out is as it was', 'also where its name alone leads to a row')
  assert.deepEqual(await going(run), [])
  assert.equal(await matchAgain(run, { match: 'inventory', how: 'prefix' }), '1 file left out is as it was')
  assert.equal(await head(run), '0 go to a row · 2 to decide · 1 left out')
})

test('what the row holds already, and what the column does not take, stay as they are', async () => {
  const run = await plan('HM-002.txt', 'stray.txt')
  await submit(run, { go: 'save', 'typed.1': 'HM-003' })
  app.look.exec(`UPDATE objects SET photo = (SELECT '${await fileOf(run, 0)}') WHERE id = 2`)
  assert.equal(
    await matchAgain(run, { match: 'inventory', how: 'equal', 'row.0': '!out' }),
    '1 row named by hand is as it was',
  )
  assert.equal(await head(run), '1 goes to a row · 1 there already')
})

/** The id of a file of a plan, by its place. */
async function fileOf(run: string, at: number): Promise<string> {
  const page = await app.page(`${run}?show=all`)
  return new RegExp(`name="row\\.${at}\\.(df-\\w+)"`).exec(page)?.[1] as string
}
