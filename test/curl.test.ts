import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { everythingBelow } from './support/below.ts'
import type { Refusal, Stored } from './support/client.ts'
import { createToken, type RunningHoldall, startHoldall } from './support/holdall.ts'
import { contentHash, photograph } from './support/photograph.ts'

const MAX_FILE_SIZE = 1_000_000

let folder: string
let root: string
let holdall: RunningHoldall
let authorization: string
let photo: Buffer<ArrayBuffer>

const skip = hasCurl() ? false : 'there is no curl: apt-get install curl'

/** What a script does with a token and nothing but curl. */
describe('curl', { skip }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdall-curl-'))
    root = join(folder, 'uploads')
    const database = new DatabaseSync(join(folder, 'shop.db'))
    database.exec('CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, photo TEXT, gallery TEXT)')
    database.close()
    const config = join(folder, 'datasette.yaml')
    writeFileSync(
      config,
      `plugins:
  datasette-files:
    sources:
      uploads:
        storage: filesystem
        config: { root: "${root}", max_file_size: "${MAX_FILE_SIZE}" }
databases:
  shop:
    tables:
      products:
        columns:
          photo: { file_column: "true", file_source: uploads, file_accept: image/* }
          gallery: { file_column: "true", file_source: uploads, file_multiple: "true" }
permissions:
  files-browse: { id: [alice, bob] }
  files-upload: { uploads: { allow: { id: alice } } }
  insert-row: { id: alice }
  update-row: { id: alice }
`,
    )
    holdall = await startHoldall({ data: join(folder, 'data'), databases: [join(folder, 'shop.db')], config })
    authorization = `Authorization: Bearer ${await createToken(holdall.data, 'alice')}`
    photo = await photograph(31)
    writeFileSync(join(folder, 'photo.jpg'), photo)
  })

  after(async () => {
    await holdall?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function upload(...args: string[]): Promise<Stored> {
    const { status, body } = await curl<Stored>('-H', authorization, ...args)
    assert.equal(status, 201, JSON.stringify(body))
    const [name = ''] = readdirSync(join(root, body.file_id.slice(3)))
    assert.equal(name, body.filename)
    assert.equal(contentHash(readFileSync(join(root, body.file_id.slice(3), name))), contentHash(photo))
    return body
  }

  test('-F sends a form, --data-binary and -T the bytes as they are; what is stored is what was sent', async () => {
    const form = await upload('-F', 'file=@photo.jpg', at('/-/files/upload/uploads'))
    assert.deepEqual([form.filename, form.content_type, form.size], ['photo.jpg', 'image/jpeg', photo.byteLength])
    const raw = await upload(
      ...['--data-binary', '@photo.jpg', '-H', 'Content-Type: image/jpeg'],
      at('/-/files/upload/uploads?filename=raw.jpg'),
    )
    assert.deepEqual([raw.filename, raw.content_type], ['raw.jpg', 'image/jpeg'])
    const header = await upload(
      ...['--data-binary', '@photo.jpg', '-H', 'X-Filename: f%C3%B6n.jpg'],
      at('/-/files/upload/uploads'),
    )
    assert.deepEqual([header.filename, header.content_type], ['fön.jpg', 'image/jpeg'])
    const chunked = await upload(
      ...['-X', 'POST', '-T', '-', '-H', 'Content-Type: image/jpeg'],
      at('/-/files/upload/uploads?filename=chunked.jpg'),
    )
    assert.equal(chunked.size, photo.byteLength)
  })

  test('several files in one form are several files', async () => {
    const { status, body } = await curl<{ files: Stored[] }>(
      ...['-H', authorization, '-F', 'file=@photo.jpg;filename=one.jpg', '-F', 'file=@photo.jpg;filename=two.jpg'],
      at('/-/files/upload/uploads'),
    )
    assert.equal(status, 201)
    assert.deepEqual(
      body.files.map(({ filename }) => filename),
      ['one.jpg', 'two.jpg'],
    )
  })

  test('a row is written with the id, by insert and by update; the token may be in X-User-Token', async () => {
    const { file_id: id } = await upload('-F', 'file=@photo.jpg', at('/-/files/upload/uploads'))
    const inserted = await curl<{ rows: unknown[] }>(
      ...['-H', authorization, '-H', 'Content-Type: application/json'],
      ...['-d', JSON.stringify({ row: { id: 1, name: 'Lantern', photo: id } }), at('/shop/products/-/insert')],
    )
    assert.equal(inserted.status, 201)
    assert.deepEqual(inserted.body.rows, [{ id: 1, name: 'Lantern', photo: id, gallery: null }])
    // Without a type of its own, curl calls the body a form; it is JSON all the same.
    const updated = await curl<{ ok: boolean }>(
      ...['-H', authorization.replace('Authorization: Bearer', 'X-User-Token:')],
      ...['-d', JSON.stringify({ update: { gallery: [id] } }), at('/shop/products/1/-/update')],
    )
    assert.equal(updated.status, 200, JSON.stringify(updated.body))
    const { body } = await curl<{ rows: Record<string, unknown>[] }>(at('/shop/products/1.json'))
    assert.equal(body.rows[0]?.gallery, JSON.stringify([id]))
    const references = await curl<{ references: Record<string, unknown>[] }>(
      ...['-H', authorization, at(`/-/files/${id}/references.json`)],
    )
    assert.deepEqual(references.body.references.map(({ column }) => column).sort(), ['gallery', 'photo'])
  })

  test('the file comes back with -OJ under its name, and in pieces with -r', async () => {
    const { file_id: id } = await upload('-F', 'file=@photo.jpg;filename=back.jpg', at('/-/files/upload/uploads'))
    execFileSync('curl', ['-sSfOJ', '-H', authorization, at(`/-/files/${id}/download`)], { cwd: folder })
    assert.ok(readFileSync(join(folder, 'back.jpg')).equals(photo))
    const args = ['-sSf', '-r', '100-199', '-H', authorization, at(`/-/files/${id}/download`)]
    const piece = execFileSync('curl', args)
    assert.ok(piece.equals(photo.subarray(100, 200)))
  })

  test('what is refused is JSON that says why, with its status', async () => {
    const before = everythingBelow(root)
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort()
    const big = join(folder, 'big.bin')
    writeFileSync(big, Buffer.alloc(MAX_FILE_SIZE + 1))
    const bob = `Authorization: Bearer ${await createToken(holdall.data, 'bob')}`
    const json = ['-H', 'Content-Type: application/json']
    const cases: [args: string[], status: number, code: string][] = [
      [['-F', 'file=@photo.jpg', at('/-/files/upload/uploads')], 401, 'sign_in_required'],
      [['-H', bob, '-F', 'file=@photo.jpg', at('/-/files/upload/uploads')], 403, 'permission_denied'],
      [['-H', `${bob}x`, '-F', 'file=@photo.jpg', at('/-/files/upload/uploads')], 401, 'invalid_token'],
      [['-H', authorization, '-F', 'file=@big.bin', at('/-/files/upload/uploads')], 413, 'file_too_large'],
      [
        ['-H', authorization, '--data-binary', '@big.bin', at('/-/files/upload/uploads?filename=b')],
        413,
        'file_too_large',
      ],
      [['-H', authorization, '-F', 'photo=@photo.jpg', at('/-/files/upload/uploads')], 400, 'file_required'],
      [['-H', authorization, '--data-binary', '@photo.jpg', at('/-/files/upload/uploads')], 400, 'filename_required'],
      [
        [
          '-H',
          authorization,
          ...json,
          '-d',
          '{"row": {"photo": "df-01j5a3b4c5d6e7f8g9h0jkmnpq"}}',
          at('/shop/products/-/insert'),
        ],
        400,
        'file_column_refused',
      ],
      [['-H', authorization, ...json, '-d', '{"row": ', at('/shop/products/-/insert')], 400, 'invalid_json'],
      [['-H', authorization, '-X', 'PUT', '-d', '{}', at('/shop/products/-/insert')], 405, 'method_not_allowed'],
      [[at('/-/files/df-01j5a3b4c5d6e7f8g9h0jkmnpq.json')], 404, 'file_not_found'],
      [[at('/shop/nothing.json')], 404, 'table_not_found'],
    ]
    for (const [args, status, code] of cases) {
      const answer = await curl<Refusal>(...args)
      const { error, errors, ...rest } = answer.body
      const where = `${args.at(-1)}: ${JSON.stringify(answer.body)}`
      assert.equal(answer.status, status, where)
      assert.deepEqual(rest, { ok: false, status, code }, where)
      assert.equal(error, errors.join('; '), where)
      assert.ok(error.length > 10, where)
    }
    const left = everythingBelow(root)
    const stored = left.filter((entry) => entry.isFile()).map(({ name }) => name)
    assert.deepEqual(stored.sort(), before, 'nothing that was refused is stored')
    const folders = left.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    assert.deepEqual(folders.filter((name) => /^[0-9a-z]{26}$/.test(name)).length, before.length, folders.join())
  })
})

function at(path: string): string {
  return holdall.url + path
}

/** Runs curl in the folder with the photograph, which also comes in at its standard input. */
async function curl<Body>(...args: string[]): Promise<{ readonly status: number; readonly body: Body }> {
  const child = spawn('curl', ['-sS', '-w', '\n%{http_code}', ...args], { cwd: folder })
  let printed = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  // It does not wait for what it does not read.
  child.stdin.on('error', () => {})
  child.stdin.end(photo)
  const [code] = await once(child, 'close')
  assert.equal(code, 0, complaints)
  const end = printed.lastIndexOf('\n')
  return { status: Number(printed.slice(end + 1)), body: JSON.parse(printed.slice(0, end)) as Body }
}

function hasCurl(): boolean {
  return (process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, 'curl')))
}
