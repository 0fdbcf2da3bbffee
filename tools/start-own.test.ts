import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { signIn } from '../test/support/client.ts'
import { npmStart } from './test-start.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-start-own-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const start = (given: readonly string[]) => npmStart(folder, given)

test('npm start serves a database of one’s own without the sample, and folders beside it as they are', async () => {
  const mine = join(folder, 'mine.db')
  new DatabaseSync(mine).exec('CREATE TABLE letters (id INTEGER PRIMARY KEY)')
  mkdirSync(join(folder, 'Old scans'))
  writeFileSync(join(folder, 'Old scans', 'one.txt'), 'one')
  const alone = start(['--port', '0', mine, '--files', join(folder, 'Old scans')])
  const [, address] = await alone.says(/Holdall serves at (\S+?)\/?\n/)
  const [, ownLink] = await alone.says(/Sign in as root.*(http\S+)/)
  const catalog = (await (await fetch(`${address}/.json`)).json()) as { databases: { name: string }[] }
  assert.deepEqual(
    catalog.databases.map(({ name }) => name),
    ['mine'],
  )
  const root = await signIn(address as string, ownLink as string)
  const { body } = await root.json<{ sources: { slug: string; label: string }[] }>('/-/files/sources.json')
  assert.deepEqual(
    body.sources.map(({ slug, label }) => [slug, label]),
    [
      ['files', 'Files'],
      ['old-scans', 'Old scans'],
    ],
  )
  await alone.stop()
  // What is written into its configuration stays, and a folder that is given later comes to it.
  const ownConfig = join(folder, 'own', 'holdall.yaml')
  writeFileSync(ownConfig, `# mine\nallow: { id: root }\n${readFileSync(ownConfig, 'utf8')}`)
  mkdirSync(join(folder, 'old-scans'))
  const closed = start(['--port', '0', mine, '--files', join(folder, 'Old scans'), join(folder, 'old-scans')])
  const [, closedAt] = await closed.says(/Holdall serves at (\S+?)\/?\n/)
  assert.equal((await fetch(`${closedAt}/mine.json`)).status, 401)
  // While it runs, it is the same with fewer folders, and without one more; other databases are another.
  const command = [mine, '--files', join(folder, 'Old scans')]
  const fewer = start([mine])
  await fewer.says(new RegExp(`running here already, at ${closedAt}\n`))
  await fewer.says(/on the same data: npm start -- .*mine\.db --port N\n/)
  assert.equal(await fewer.status(), 0)
  const more = start([...command, join(folder, 'data')])
  await more.says(/It has no source for \S+data yet: stop it, then start it with the same command again\.\n/)
  assert.equal(await more.status(), 1)
  const another = join(folder, 'another.db')
  new DatabaseSync(another).exec('CREATE TABLE notes (id INTEGER PRIMARY KEY)')
  const apartFrom = start([another])
  await apartFrom.says(
    new RegExp(`Another Holdall runs at ${closedAt}, with other databases on the same data; this one`),
  )
  await apartFrom.stop()
  await closed.stop()
  const kept = readFileSync(ownConfig, 'utf8')
  assert.match(kept, /^# mine\nallow: \{ id: root \}\n/)
  assert.deepEqual(kept.match(/^ {2}\S+:$/gm), ['  files:', '  old-scans:', '  old-scans-2:'])
  const lost = start(['--files', folder])
  await lost.says(/--files belongs to a database: npm start -- my\.db --files FOLDER/)
  await lost.stop()
  const apart = start(['--data', folder])
  await apart.says(/The sample keeps its data beside itself, wherever it is: npm start -- --sample FOLDER/)
  await apart.stop()
})
