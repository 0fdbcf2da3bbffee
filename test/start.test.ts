import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, beforeEach, describe, test } from 'node:test'
import { createClient, signIn } from './support/client.ts'
import { runHoldall, startHoldall } from './support/holdall.ts'

let parent: string
let folder: string
let database: string

before(() => {
  parent = mkdtempSync(join(tmpdir(), 'holdall-start-'))
})
after(() => rmSync(parent, { recursive: true, force: true }))
beforeEach(() => {
  folder = mkdtempSync(join(parent, 'case-'))
  database = join(folder, 'shop.db')
  const shop = new DatabaseSync(database)
  shop.exec("CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO products VALUES (1, 'Lantern')")
  shop.close()
})

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** The status of `holdall serve` that is expected to end by itself. */
function serve(...args: string[]) {
  return runHoldall(['serve', '--port', '0', '--data', join(folder, 'data'), ...args])
}

describe('a configuration with errors', () => {
  test('is refused with all of them at once, a line each, and status 2; nothing is left behind', async () => {
    const config = write(
      'holdall.yaml',
      `settings:
  max_upload_byte: 1000
sources:
  photos:
    storage: filesystem
    config: {}
  scans:
    storage: floppy
databases:
  shop:
    tables:
      products:
        columns:
          name: { file_column: perhaps }
permissions:
  files-brows: true
  files-upload: { id: { $env: NOBODY_SET_THIS } }
`,
    )
    const { code, stdout, stderr } = await serve(database, '-c', config)
    assert.equal(code, 2)
    assert.equal(stdout, '')
    const expected = [
      /holdall\.yaml:2:3: .*"max_upload_byte".*"max_upload_bytes"/,
      /holdall\.yaml:6:5: sources\.photos\.config\.root: /,
      /holdall\.yaml:8:5: sources\.scans\.storage: .*floppy.*filesystem/,
      /holdall\.yaml:14:19: .*file_column: /,
      /holdall\.yaml:16:3: .*"files-brows".*"files-browse"/,
      /holdall\.yaml:17:19: .*"NOBODY_SET_THIS"/,
    ]
    const lines = stderr.trim().split('\n')
    assert.equal(lines.length, expected.length, stderr)
    for (const [at, pattern] of expected.entries()) assert.match(lines[at] ?? '', pattern)
    assert.equal(existsSync(join(folder, 'data')), false)
  })

  test('that is no YAML says where', async () => {
    const { code, stderr } = await serve(database, '-c', write('broken.yaml', 'sources:\n  photos: [\n'))
    assert.equal(code, 2)
    assert.match(stderr, /broken\.yaml/)
    assert.doesNotMatch(stderr, /^\s+at /m)
  })

  test('that is not there is named', async () => {
    const { code, stderr } = await serve(database, '-c', join(folder, 'absent.yaml'))
    assert.equal(code, 2)
    assert.match(stderr, /absent\.yaml/)
  })
})

describe('what is asked for on the command line', () => {
  test('an unknown command and an unknown option end with 2 and what to do', async () => {
    const command = await runHoldall(['serv', database])
    assert.equal(command.code, 2)
    assert.match(command.stderr, /"serv"[\s\S]*holdall --help/)
    const option = await serve(database, '--prot', '80')
    assert.equal(option.code, 2)
    assert.match(option.stderr, /--prot/)
    const port = await runHoldall(['serve', database, '--port', '70000'])
    assert.equal(port.code, 2)
    assert.match(port.stderr, /--port/)
  })

  test('no command at all shows the usage with 2, --help with 0', async () => {
    const none = await runHoldall([])
    assert.equal(none.code, 2)
    const help = await runHoldall(['--help'])
    assert.equal(help.code, 0)
    for (const name of ['serve', 'link', 'token', 'upload']) assert.match(help.stdout, new RegExp(`^  ${name} `, 'm'))
  })

  test('a port that is taken ends with 1 and names it', async () => {
    const other = createServer()
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port))
    })
    try {
      const { code, stderr } = await serve(database, '--port', String(port))
      assert.equal(code, 1)
      assert.ok(stderr.includes(`Port ${port} is taken`), stderr)
      assert.doesNotMatch(stderr, /^\s+at /m)
    } finally {
      other.close()
    }
  })

  test('a database that is not there ends with 1; --create makes it', async () => {
    const path = join(folder, 'new.db')
    const { code, stderr } = await serve(path)
    assert.equal(code, 1)
    assert.ok(stderr.includes(path) && stderr.includes('--create'), stderr)
    assert.equal(existsSync(path), false)

    const holdall = await startHoldall({ data: join(folder, 'data'), databases: [path], args: ['--create'] })
    try {
      const root = await signIn(holdall.url, holdall.signInLink)
      const made = await root.postJson('/new/-/create', { table: 'notes', row: { id: 1, text: 'first' }, pk: 'id' })
      assert.equal(made.status, 201)
      const { body } = await createClient(holdall.url).json<{ rows: unknown[] }>('/new/notes.json')
      assert.deepEqual(body.rows, [{ id: 1, text: 'first' }])
    } finally {
      await holdall.stop()
    }
  })

  test('what is no SQLite database is refused by name, not later by a page', async () => {
    const path = write('letter.db', 'Dear Sir or Madam, this is no database. '.repeat(100))
    const { code, stderr } = await serve(path)
    assert.equal(code, 1)
    assert.ok(stderr.includes('letter.db'), stderr)
    assert.doesNotMatch(stderr, /^\s+at /m)
  })

  test('--port 0 picks a free port and prints it: two servers run side by side', async () => {
    const [one, two] = await Promise.all([1, 2].map((at) => startHoldall({ data: join(folder, `data-${at}`) })))
    assert.ok(one && two)
    try {
      assert.notEqual(one.url, two.url)
      for (const { url } of [one, two]) assert.equal((await fetch(`${url}/-/health`)).status, 200)
    } finally {
      await Promise.all([one.stop(), two.stop()])
    }
  })

  test('without a source in the configuration there is one, which root writes and its folder keeps', async () => {
    const data = join(folder, 'data')
    const holdall = await startHoldall({ data, databases: [database] })
    try {
      const anonymous = createClient(holdall.url)
      assert.equal((await anonymous.upload('files', 'a.txt', new TextEncoder().encode('a'), 'text/plain')).status, 401)
      const root = await signIn(holdall.url, holdall.signInLink)
      const { status, body } = await root.upload('files', 'a.txt', new TextEncoder().encode('a'), 'text/plain')
      assert.equal(status, 201)
      assert.ok(existsSync(join(data, 'files', body.file_id.slice(3), 'a.txt')), readdirSync(data).join())
    } finally {
      await holdall.stop()
    }
  })

  test('the sign-in link works once', async () => {
    const holdall = await startHoldall({ data: join(folder, 'data') })
    try {
      await signIn(holdall.url, holdall.signInLink)
      const again = await fetch(holdall.signInLink)
      assert.equal(again.status, 403)
    } finally {
      await holdall.stop()
    }
  })
})
