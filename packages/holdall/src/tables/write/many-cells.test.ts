import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, beforeEach, test } from 'node:test'
import { HoldallError } from '../../web/error.ts'
import { createWriters, type Writers } from './writers.ts'

let folder: string
let path: string
let look: DatabaseSync
let writers: Writers

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-cells-'))
  path = join(folder, 'data.db')
  look = new DatabaseSync(path)
  look.exec('CREATE TABLE objects (id INTEGER PRIMARY KEY, photo TEXT)')
  writers = createWriters()
})
beforeEach(() => look.exec("DELETE FROM objects; INSERT INTO objects VALUES (1, NULL), (2, 'old'), (3, NULL)"))
after(async () => {
  await writers.close()
  look.close()
  rmSync(folder, { recursive: true })
})

const photos = () =>
  look
    .prepare('SELECT photo FROM objects ORDER BY id')
    .all()
    .map(({ photo }) => photo)
const ask = (
  kind: 'attach' | 'detach' | 'compare',
  cells: readonly [key: string, before: string | null, after: string][],
) =>
  writers.write(
    { path },
    {
      kind,
      table: 'objects',
      column: 'photo',
      cells: cells.map(([key, held, next]) => ({ key, before: held, after: next })),
    },
  )

test('all cells are written, or none when one of them changed or its row went', async () => {
  for (const wrong of [
    ['2', null, 'new'],
    ['9', null, 'new'],
    ['$b0', null, 'new'],
  ] as const) {
    await assert.rejects(
      ask('attach', [['1', null, 'new'], [...wrong]]),
      (error) => error instanceof HoldallError && error.code === 'attach_changed' && error.values.count === 1,
    )
    assert.deepEqual(photos(), [null, 'old', null])
  }
  await ask('attach', [
    ['1', null, 'a'],
    ['2', 'old', 'b'],
  ])
  assert.deepEqual(photos(), ['a', 'b', null])
})

test('what was written is set back where it still stands, twice with one effect', async () => {
  const cells: [string, string | null, string][] = [
    ['1', null, 'a'],
    ['2', 'old', 'b'],
    ['3', null, 'c'],
  ]
  await ask('attach', cells)
  const standing = async () => (await ask('compare', cells)).standing
  assert.deepEqual(await standing(), ['held', 'held', 'held'])
  look.exec("UPDATE objects SET photo = 'else' WHERE id = 2; DELETE FROM objects WHERE id = 3")
  assert.deepEqual(await standing(), ['held', 'changed', 'gone'])
  for (let time = 0; time < 2; time += 1) {
    assert.deepEqual((await ask('detach', cells)).outcomes, ['restored', 'changed', 'gone'])
    assert.deepEqual(photos(), [null, 'else'])
  }
})

test('a writer whose server is no more does not begin', async () => {
  const orphan = fork(new URL('./process.ts', import.meta.url), [path, '1'], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
  })
  await once(orphan, 'message')
  orphan.send({ kind: 'attach', table: 'objects', column: 'photo', cells: [{ key: '1', before: null, after: 'late' }] })
  const answered = await Promise.race([once(orphan, 'message'), once(orphan, 'exit').then(() => null)])
  if (answered !== null) orphan.kill('SIGKILL')
  assert.equal(answered, null, 'it goes away in place of answering')
  assert.deepEqual(photos(), [null, 'old', null])
})
