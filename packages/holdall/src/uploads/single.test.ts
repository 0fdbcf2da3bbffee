import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bytes, hashOf } from '../sources/contract/bodies.ts'
import { MAX_FILENAME_BYTES, MAX_FILES_PER_REQUEST } from './limits.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const LIMIT = 100_000
const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), bytes(20_000)])

describe('one request', () => {
  let server: TestServer
  before(async () => {
    server = await startTestServer({
      sources: {
        files: { storage: 'filesystem', config: { root: 'files' } },
        images: { storage: 'filesystem', config: { root: 'images' }, accept: 'image/*', on_type_mismatch: 'refuse' },
      },
      settings: { max_upload_bytes: LIMIT },
    })
  })
  after(() => server.close())

  async function post(path: string, body: RequestInit['body'] | Buffer, headers: Record<string, string> = {}) {
    const response = await fetch(`${server.url}/-/files/upload/${path}`, {
      method: 'POST',
      body: body as RequestInit['body'],
      ...(body instanceof ReadableStream && { duplex: 'half' }),
      headers: { Authorization: 'alice', ...headers },
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text }
  }

  function formOf(...files: [string, Buffer, string?][]): FormData {
    const form = new FormData()
    form.append('note', 'a field that nobody asked for')
    for (const [name, content, type = ''] of files)
      form.append('file', new Blob([new Uint8Array(content)], { type }), name)
    return form
  }

  async function unchanged(work: () => Promise<void>, root = 'files') {
    const earlier = await server.stored(join(server.folder, root))
    await work()
    assert.deepEqual(await server.stored(join(server.folder, root)), earlier)
  }

  async function session(id: string) {
    const row = await server.database.read
      .selectFrom('upload_sessions')
      .selectAll()
      .where('file_id', '=', id)
      .executeTakeFirst()
    assert.ok(row)
    return row
  }

  test('raw bytes become a file, and the session says how', async () => {
    const { status, body } = await post('files?filename=a%20b%C3%BC.png', PNG, { 'Content-Type': 'image/png' })
    assert.equal(status, 201, JSON.stringify(body))
    assert.match(body.file_id, /^df-[0-9a-z]{26}$/)
    const { ok, filename, content_type, size, url, file } = body
    assert.deepEqual(
      { ok, filename, content_type, size, url },
      { ok: true, filename: 'a bü.png', content_type: 'image/png', size: PNG.length, url: `/-/files/${body.file_id}` },
    )
    assert.equal(file.content_hash, hashOf(PNG))
    assert.equal(file.uploaded_by, 'alice')
    assert.equal(file.path, `${body.file_id.slice(3)}/a bü.png`)
    assert.ok((await readFile(join(server.folder, 'files', file.path))).equals(PNG))
    const row = await session(body.file_id)
    assert.equal(row.status, 'completed')
    assert.equal(row.lease_owner, null)
    const steps = JSON.parse(row.completion_steps_log).map(
      (one: { step: string; phase: string }) => `${one.step} ${one.phase}`,
    )
    assert.deepEqual(steps, [
      'combine start',
      'combine end',
      'inspect start',
      'inspect end',
      'record start',
      'record end',
    ])
  })

  test('X-Filename carries any name, percent-encoded', async () => {
    const { body } = await post('files', 'x', { 'X-Filename': encodeURIComponent('naïve 🦊/..\\.txt') })
    assert.equal(body.filename, 'naïve 🦊/..\\.txt')
    assert.equal(body.file.path, `${body.file_id.slice(3)}/naïve 🦊_.._.txt`)
    assert.equal((await post('files?filename=a%2Bb+c%26d.txt', 'x')).body.filename, 'a+b c&d.txt')
  })

  test('a name that is not percent-encoded UTF-8 is refused, not guessed', async () => {
    for (const value of ['%ff', '%', 'caf\u00e9']) {
      assert.equal((await post('files', 'x', { 'X-Filename': value })).body.code, 'filename_invalid', value)
    }
    for (const query of ['filename=%ff.txt', 'a=b&filename=%zz', 'filename=%C3']) {
      assert.equal((await post(`files?${query}`, 'x')).body.code, 'filename_invalid', query)
    }
  })

  test('a form with one file answers like raw bytes', async () => {
    const { status, body } = await post('files', formOf(['photo.png', PNG, 'text/html']))
    assert.equal(status, 201, JSON.stringify(body))
    assert.equal(body.size, PNG.length)
    assert.equal(body.content_type, 'image/png')
    assert.equal(body.file.declared_type, 'text/html')
    assert.equal(body.files, undefined)
  })

  test('names arrive exactly as they were sent', async () => {
    const names = ['dir/sub/a.txt', 'C:\\fakepath\\b.txt', 'ünï 🦊.txt', '..', "it's.txt", 'semi;colon.txt']
    // What a form must escape in a name: the file was not called that.
    names.push('say "hi".txt', 'two\nlines\r.txt', 'half%20off 50%.txt')
    for (const name of names) {
      const { body } = await post('files', formOf([name, PNG]))
      assert.equal(body.filename, name)
    }
  })

  test('several files in one form are several uploads', async () => {
    const { status, body } = await post(
      'files',
      formOf(['a.txt', Buffer.from('a')], ['b.txt', bytes(LIMIT)], ['c.txt', Buffer.alloc(0)]),
    )
    assert.equal(status, 201, JSON.stringify(body))
    assert.deepEqual(
      body.files.map(({ filename, size }: { filename: string; size: number }) => [filename, size]),
      [
        ['a.txt', 1],
        ['b.txt', LIMIT],
        ['c.txt', 0],
      ],
    )
  })

  test('what can be stored of several is, and the answer says by index what was not', async () => {
    const text = Buffer.from('just text')
    const { status, body } = await post('images', formOf(['1.png', PNG], ['2.png', text, 'image/png'], ['3.png', PNG]))
    assert.equal(status, 400)
    assert.equal(body.code, 'upload_partial')
    assert.deepEqual(
      body.files.map(({ filename }: { filename: string }) => filename),
      ['1.png', '3.png'],
    )
    assert.deepEqual(Object.keys(body.errors_by_index), ['1'])
    assert.equal(body.errors_by_index[1].code, 'type_not_accepted')
    assert.match(body.error, /2\.png/)
  })

  test('empty, exactly the limit, one past it', async () => {
    for (const size of [0, LIMIT]) {
      const raw = await post(`files?filename=${size}`, bytes(size))
      assert.equal(raw.status, 201, JSON.stringify(raw.body))
      assert.equal(raw.body.size, size)
      assert.equal(raw.body.file.content_hash, hashOf(bytes(size)))
      assert.equal((await post('files', formOf(['x', bytes(size)]))).body.size, size)
    }
    await unchanged(async () => {
      for (const body of [bytes(LIMIT + 1), formOf(['x', bytes(LIMIT + 1)]), stream(LIMIT + 1)]) {
        const refused = await post('files?filename=x', body)
        assert.equal(refused.status, 413)
        assert.equal(refused.body.code, 'file_too_large')
        assert.match(refused.body.error, /100000 bytes/)
      }
    })
  })

  test('a declared length past the limit is refused before the bytes', async () => {
    const { status, sent } = await declare(1e12)
    assert.equal(status, 413)
    assert.equal(sent, 0)
  })

  test('the name has a limit too', async () => {
    const exact = 'ü'.repeat(MAX_FILENAME_BYTES / 2)
    assert.equal((await post(`files?filename=${encodeURIComponent(exact)}`, 'x')).body.filename, exact)
    await unchanged(async () => {
      for (const [query, code] of [
        [`filename=${encodeURIComponent(`${exact}x`)}`, 'filename_invalid'],
        ['filename=a%00b', 'filename_invalid'],
        ['filename=', 'filename_required'],
        ['', 'filename_required'],
      ]) {
        const refused = await post(`files?${query}`, 'x')
        assert.deepEqual([refused.status, refused.body.code], [400, code])
      }
    })
  })

  test('the source has its say about the bytes, whatever was declared', async () => {
    await unchanged(async () => {
      const text = await post('images?filename=a.png', 'just text', { 'Content-Type': 'image/png' })
      assert.deepEqual([text.status, text.body.code], [400, 'type_not_accepted'])
      const lie = await post('images?filename=a.png', PNG, { 'Content-Type': 'image/gif' })
      assert.deepEqual([lie.status, lie.body.code], [400, 'type_mismatch'])
    }, 'images')
    assert.equal((await post('images?filename=a.png', PNG, { 'Content-Type': 'image/png' })).status, 201)
    const row = await server.database.read
      .selectFrom('upload_sessions')
      .selectAll()
      .where('status', '=', 'failed')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
    assert.equal(JSON.parse(row.failure_reason as string).step, 'receive')
  })

  test('forms that are none', async () => {
    await unchanged(async () => {
      const cases: [string, string, string][] = [
        ['multipart/form-data', 'x', 'form_invalid'],
        [
          'multipart/form-data; boundary=b',
          '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
          'form_invalid',
        ],
        ['multipart/form-data; boundary=b', 'nothing', 'form_invalid'],
        [
          'multipart/form-data; boundary=b',
          '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\nabc\r\n--b--\r\n',
          'file_required',
        ],
        [
          'multipart/form-data; boundary=b',
          '--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--b--\r\n',
          'file_required',
        ],
      ]
      for (const [type, body, code] of cases) {
        const refused = await post('files', body, { 'Content-Type': type })
        assert.deepEqual([refused.status, refused.body.code], [400, code], body)
      }
    })
  })

  test('as many files as the limit says, not one more', async () => {
    const many = Array.from({ length: MAX_FILES_PER_REQUEST }, (_, at): [string, Buffer] => [
      `${at}`,
      Buffer.from(`${at}`),
    ])
    const taken = await post('files', formOf(...many))
    assert.equal(taken.status, 201, JSON.stringify(taken.body).slice(0, 300))
    assert.equal(taken.body.files.length, MAX_FILES_PER_REQUEST)
    const refused = await post('files', formOf(...many, ['more', Buffer.from('x')]))
    assert.equal(refused.status, 400)
    assert.equal(refused.body.errors_by_index[MAX_FILES_PER_REQUEST].code, 'too_many_files')
  })

  test('who may not upload is refused before the body is read', async () => {
    for (const [actor, status] of [
      [null, 401],
      ['nobody', 403],
    ] as const) {
      const refused = await declare(1_000_000, actor)
      assert.deepEqual(refused, { status, sent: 0 })
    }
    assert.equal((await post('nowhere?filename=a', 'x')).body.code, 'source_not_found')
  })

  test('an upload whose client goes away leaves nothing', async () => {
    const sessions = () =>
      server.database.read.selectFrom('upload_sessions').selectAll().where('filename', '=', 'gone').execute()
    await unchanged(async () => {
      for (const [at, path] of ['files?filename=gone', 'images?filename=gone'].entries()) {
        const sending = request(`${server.url}/-/files/upload/${path}`, {
          method: 'POST',
          headers: { Authorization: 'alice', 'Content-Length': 90_000 },
        })
        const over = new Promise((resolve) => sending.on('close', resolve))
        sending.on('error', () => {})
        sending.write(PNG)
        // Who goes before the server has looked has begun nothing.
        await eventually(async () => assert.equal((await sessions()).length, at + 1))
        sending.destroy(new Error('gone'))
        await over
      }
      await eventually(async () => {
        assert.deepEqual(
          (await sessions()).map(({ status, lease_owner }) => [status, lease_owner]),
          [
            ['aborted', null],
            ['aborted', null],
          ],
        )
      })
    })
  })

  test('a form from a page is answered with a page', async () => {
    const good = await fetch(`${server.url}/-/files/upload/files`, {
      method: 'POST',
      body: formOf(['a.txt', PNG]),
      headers: { Authorization: 'alice', Accept: 'text/html' },
      redirect: 'manual',
    })
    assert.equal(good.status, 303)
    assert.match(good.headers.get('Location') ?? '', /^\/-\/files\/df-/)
    const bad = await post('images', formOf(['a.txt', Buffer.from('text')]), { Accept: 'text/html' })
    assert.equal(bad.status, 400)
    assert.match(bad.body, /<p>type_not_accepted/)
  })

  /** Sends headers that promise a body, waits for the answer, and counts what was sent of the body meanwhile. */
  function declare(
    length: number,
    actor: string | null = 'alice',
  ): Promise<{ status: number | undefined; sent: number }> {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Length': length, ...(actor === null ? {} : { Authorization: actor }) }
      const sending = request(`${server.url}/-/files/upload/files?filename=x`, { method: 'POST', headers })
      sending.flushHeaders()
      sending.on('error', reject)
      sending.on('response', (response) => {
        sending.off('error', reject).on('error', () => {})
        resolve({ status: response.statusCode, sent: 0 })
        sending.destroy()
      })
    })
  }
})

function stream(length: number): RequestInit['body'] & object {
  let left = length
  return new ReadableStream({
    pull(controller) {
      const chunk = bytes(Math.min(left, 10_000))
      left -= chunk.length
      controller.enqueue(chunk)
      if (left === 0) controller.close()
    },
  })
}

async function eventually(check: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + 5_000; ; ) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(20)
    }
  }
}
