import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTestApp, type TestApp } from '../pages/test-app.ts'

let app: TestApp

before(async () => {
  const column = { columns: { photo: { file_column: true } } }
  app = await openTestApp({
    sql: `CREATE TABLE interviews (id INTEGER PRIMARY KEY, number TEXT, village TEXT, photo TEXT);
      INSERT INTO interviews VALUES (131, 'OH-1987-011', 'Arzl', NULL), (132, 'OH-1987-012', 'Mils', NULL);
      CREATE TABLE titled (id INTEGER PRIMARY KEY, number TEXT, title TEXT, photo TEXT);
      INSERT INTO titled VALUES (131, 'OH-1987-011', 'The mill', NULL), (132, 'OH-1987-012', 'The inn', NULL)`,
    config: { databases: { data: { tables: { interviews: column, titled: column } } } },
  })
})
after(() => app.close())

for (const [table, first, second] of [
  ['interviews', '131 · OH-1987-011', '132 · OH-1987-012'],
  ['titled', '131 · The mill', '132 · The inn'],
] as const) {
  test(`beside its key a row has its name, or what names of files were compared with: ${table}`, async () => {
    const form = new FormData()
    form.append('column', 'photo')
    form.append('file', new Blob([table]), 'oh_1987_011.txt')
    const answer = await app.ask(`/data/${table}/-/attach`, { actor: 'root', form })
    const run = answer.headers.get('Location') as string
    const plan = await app.page(run)
    assert.ok(plan.includes(first), 'where the file goes')
    assert.ok(plan.includes(second), 'among the rows that stay without one')
    assert.equal((await app.ask(run, { actor: 'root', form: { go: 'apply' } })).status, 303)
    assert.ok((await app.page(run)).includes(first), 'where it went')
  })
}
