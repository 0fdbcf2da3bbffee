import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { openTestApp, type TestApp } from '../pages/test-app.ts'

const HEADERS = { Accept: 'application/json' }
const ROWS = [1, 2, 3, 4, 5, 6]

let app: TestApp
/** `n-1.txt` and so on, in their order, and one that fits no row. */
const files: string[] = []
let other: string

before(async () => {
  app = await openTestApp({
    sql: `CREATE TABLE objects (id INTEGER PRIMARY KEY, inventory TEXT, photo TEXT, papers TEXT);
      INSERT INTO objects (id, inventory) VALUES ${ROWS.map((id) => `(${id}, 'n-${id}')`).join(', ')};`,
    config: {
      databases: {
        data: {
          tables: {
            objects: { columns: { photo: { file_column: true }, papers: { file_column: true, file_multiple: true } } },
          },
        },
      },
      sources: { files: { storage: 'filesystem', config: { root: './files' } } },
      permissions: { 'update-row': { id: 'root' }, 'files-browse': true },
    },
  })
  for (const id of ROWS) files.push(await upload(`n-${id}.txt`))
  other = await upload('other.txt')
})
after(() => app.close())

beforeEach(() => {
  // Two rows hold a file, and one of the others an empty text.
  app.look.exec(`UPDATE objects SET photo = NULL, papers = NULL;
    UPDATE objects SET photo = '${other}', papers = '["${other}"]' WHERE id < 3;
    UPDATE objects SET photo = '', papers = '' WHERE id = 3`)
})

async function upload(name: string): Promise<string> {
  const form = new FormData()
  form.append('file', new Blob([name]), name)
  const answer = await app.ask('/-/files/upload/files', { actor: 'root', form, headers: HEADERS })
  return ((await answer.json()) as { file_id: string }).file_id
}

/** How many rows stay without a file when files go to the rows of these numbers: as the API says it, and the page. */
async function without(column: string, ids: readonly number[]): Promise<[unknown, string | undefined]> {
  const chosen = ids.map((id) => files[id - 1] as string)
  const match = { column: 'inventory', how: 'equal' }
  const json = { column, files: chosen, match, replace: true, dry_run: true }
  const answer = await app.ask('/data/objects/-/attach', { actor: 'root', json, headers: HEADERS })
  const body = (await answer.json()) as { pairs: unknown[]; rows_without_file: number }
  assert.equal(body.pairs.length, ids.length)
  const form = { column, ids: chosen.join(' ') }
  const begun = await app.ask('/data/objects/-/attach', { actor: 'root', form })
  const plan = begun.headers.get('Location') as string
  await app.ask(plan, { actor: 'root', form: { go: 'replace all' } })
  const page = await app.page(`${plan}?show=all`)
  return [body.rows_without_file, /(\d+ rows?) of objects still ha(?:s|ve) none/.exec(page)?.[1]]
}

test('rows that hold a file already are not taken from those that stay without one', async () => {
  for (const column of ['photo', 'papers']) {
    assert.deepEqual(await without(column, [1, 2]), [4, '4 rows'], column)
    assert.deepEqual(await without(column, [1, 3]), [3, '3 rows'], column)
    assert.deepEqual(await without(column, [2, 3, 4, 5]), [1, '1 row'], column)
    assert.deepEqual(await without(column, ROWS), [0, undefined], column)
  }
})

test('a row that holds an empty list was not counted, and is not taken from the others when it gets a file', async () => {
  app.look.exec("UPDATE objects SET papers = '[]' WHERE id = 4")
  assert.deepEqual(await without('papers', [4]), [3, '3 rows'])
})
