import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import sharp from 'sharp'
import { parse } from 'yaml'
import { CONFIGURATION } from './config.ts'
import { sampleObjects, writeDatabase } from './database.ts'
import { sampleFiles } from './files.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-sample-'))
after(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'collection.db')
writeDatabase(path)
const database = new DatabaseSync(path, { readOnly: true })

function all(sql: string): unknown[] {
  return database.prepare(sql).all()
}

test('the database is whole: linked, searchable, some hundreds of rows', () => {
  assert.deepEqual(all('PRAGMA foreign_key_check'), [])
  assert.deepEqual(
    all('PRAGMA integrity_check').map((row) => ({ ...(row as object) })),
    [{ integrity_check: 'ok' }],
  )
  assert.deepEqual({ ...(all('SELECT count(*) AS n FROM objects')[0] as object) }, { n: 320 })
  assert.ok(all(`SELECT rowid FROM objects_fts WHERE objects_fts MATCH 'herring'`).length > 5)
  assert.ok(all('SELECT * FROM on_display').length > 50)
  for (const table of ['makers', 'places', 'exhibitions', 'shown', 'loans', 'conservation']) {
    assert.ok(all(`SELECT * FROM ${table}`).length >= 9, table)
  }
})

test('nothing was made before its maker was grown up, or after the museum had it', () => {
  const sql = `SELECT accession_no FROM objects JOIN makers ON makers.id = maker_id
    WHERE year_made < born + 18 OR year_made > died OR year_made > substr(acquired_on, 1, 4)`
  assert.deepEqual(all(sql), [])
})

test('the search text follows an edit', () => {
  const copy = join(folder, 'edited.db')
  writeDatabase(copy)
  const edited = new DatabaseSync(copy)
  edited.exec(`UPDATE objects SET title = 'Quernstone' WHERE accession_no = 'SK.1931.001'`)
  edited.exec(`DELETE FROM shown; DELETE FROM loans; DELETE FROM conservation`)
  const found = `SELECT count(*) AS n FROM objects_fts WHERE objects_fts MATCH 'quernstone'`
  assert.equal(edited.prepare(found).get()?.n, 1)
  edited.exec(`DELETE FROM objects WHERE accession_no = 'SK.1931.001'`)
  assert.equal(edited.prepare(found).get()?.n, 0)
  const count = (words: string) =>
    edited.prepare('SELECT count(*) AS n FROM objects_fts WHERE objects_fts MATCH ?').get(words)?.n
  assert.equal(count('"SK.1931.006"'), 1)
  const made = edited.prepare(`SELECT count(*) AS n FROM objects o JOIN makers m ON m.id = maker_id WHERE name = ?`)
  const byElias = made.get('Elias Rask')?.n
  assert.ok(Number(byElias) > 0)
  assert.equal(count('"Elias Rask"'), byElias)
  edited.exec(`UPDATE makers SET name = 'Elias Zweig' WHERE name = 'Elias Rask'`)
  assert.deepEqual([count('"Elias Rask"'), count('zweig')], [0, byElias])
  edited.exec(`INSERT INTO objects_fts(objects_fts) VALUES ('integrity-check')`)
  edited.close()
})

test('it is the same every time', () => {
  const again = join(folder, 'again.db')
  writeDatabase(again)
  assert.ok(readFileSync(again).equals(readFileSync(path)))
  const names = sampleFiles(sampleObjects()).map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})

test('a picture is a JPEG of a camera’s size, with its facts, upright when held upright', async () => {
  const pictures = sampleFiles(sampleObjects()).filter(({ contentType }) => contentType === 'image/jpeg')
  assert.ok(pictures.length >= 40)
  const bytes = await pictures[0]?.make()
  const { format, width, height, exif } = await sharp(bytes).metadata()
  assert.equal(format, 'jpeg')
  assert.ok(width >= 1600 && height >= 1200)
  assert.ok((bytes?.length ?? 0) > 200_000)
  assert.match(String(exif), /Skerholm Museum/)
  const orientations = new Set<number | undefined>()
  for (const picture of pictures.slice(0, 8))
    orientations.add((await sharp(await picture.make()).metadata()).orientation)
  assert.deepEqual([...orientations].sort(), [1, 6])
})

test('a report is a PDF whose table of objects points at them', async () => {
  const report = sampleFiles(sampleObjects()).find(({ contentType }) => contentType === 'application/pdf')
  const text = (await report?.make())?.toString('latin1') ?? ''
  const table = Number(/startxref\n(\d+)/.exec(text)?.[1])
  assert.ok(text.startsWith('%PDF-1.4') && text.slice(table).startsWith('xref'))
  const offsets = [...text.slice(table).matchAll(/^(\d{10}) 00000 n /gm)].map(([, offset]) => Number(offset))
  assert.equal(offsets.length, 7)
  for (const [index, offset] of offsets.entries()) assert.ok(text.slice(offset).startsWith(`${index + 1} 0 obj`))
})

test('the configuration names columns that there are, and leaves two for a person to configure', () => {
  const { databases, sources } = parse(CONFIGURATION)
  for (const [table, { columns = {} }] of Object.entries<{ columns?: Record<string, { file_source: string }> }>(
    databases.collection.tables,
  )) {
    const there = all(`SELECT name FROM pragma_table_info('${table}')`).map((row) => (row as { name: string }).name)
    assert.ok(there.length > 0, table)
    for (const [column, { file_source }] of Object.entries(columns)) {
      assert.ok(there.includes(column), `${table}.${column}`)
      assert.ok(Object.hasOwn(sources, file_source), file_source)
    }
  }
  assert.equal(all('SELECT portrait FROM makers WHERE portrait IS NOT NULL').length, 0)
  assert.equal(databases.collection.tables.makers.columns, undefined)
})
