import assert from 'node:assert/strict'
import { rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Hono } from 'hono'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { fc } from '../../web/test-chance.ts'
import { pdfOf, wavOf } from '../parsing/test-documents.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { indentJson } from './indent.ts'
import { readSeparated, SEPARATORS } from './separated.ts'

let room: TestFiles
let app: Hono<RouteEnv>
before(async () => {
  room = await openTestFiles()
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())

async function put(bytes: string | Uint8Array, filename: string) {
  const answer = await app.request(`/-/files/upload/photos?filename=${encodeURIComponent(filename)}`, {
    method: 'POST',
    headers: { 'X-Actor': 'alice' },
    body: bytes as BodyInit,
  })
  const { file } = (await answer.json()) as { file: { id: string; path: string; content_type: string } }
  assert.equal(answer.status, 201)
  return file
}

/** The preview on a file's page, from the figure that holds it. */
async function previewOf(id: string): Promise<string> {
  const answer = await app.request(`/-/files/${id}`, { headers: { 'X-Actor': 'bob' } })
  assert.equal(answer.status, 200)
  const page = await answer.text()
  return /<figure>[\s\S]*?<\/figure>/.exec(page)?.[0] ?? assert.fail(page)
}

async function shown(bytes: string | Uint8Array, filename: string): Promise<string> {
  return await previewOf((await put(bytes, filename)).id)
}

describe('on its page', () => {
  test('a text is shown as it is, in its own encoding, and can do nothing', async () => {
    const text = await shown('<script>alert(1)</script> & "more"', 'note.md')
    assert.match(text, /<pre [^>]*>&lt;script&gt;alert\(1\)&lt;\/script&gt; &amp; &quot;more&quot;<\/pre>/)
    assert.match(await shown(Buffer.from('gr\xfcn', 'latin1'), 'a.txt'), /grün[\s\S]*in Windows-1252/)
    assert.match(await shown(Buffer.from('\uFEFFgrün 😀', 'utf16le'), 'b.txt'), /<pre [^>]*>grün 😀<[\s\S]*in UTF-16/)
  })

  test('only the beginning of a long text is read and shown', async () => {
    const long = await shown(`${'ä'.repeat(2_000_000)}`, 'long.txt')
    assert.ok(long.length < 70_000)
    assert.doesNotMatch(long, /\uFFFD/)
    assert.match(long, /the beginning of it/)
    const lines = await shown('line\n'.repeat(10_000), 'lines.txt')
    assert.equal(lines.split('\n').length <= 2_010, true)
  })

  test('HTML, SVG and XML are shown as what they are written in', async () => {
    for (const [bytes, name] of [
      ['<html><body onload=alert(1)>', 'x.html'],
      ['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'x.svg'],
      ['<?xml version="1.0"?><x/>', 'x.xml'],
    ] as const) {
      const figure = await shown(bytes, name)
      assert.match(figure, /<pre [^>]*>&lt;/)
      assert.doesNotMatch(figure, /onload=(?!alert\(1\)&gt;|&quot;)|<svg xmlns|<html/)
      assert.doesNotMatch(figure, /inline=1/)
    }
  })

  test('a table of text is a table, whatever separates its fields', async () => {
    const csv = await shown('name;count\n"Ærø; Fyn";3\n"say ""hi""";12\n<b>;7\n', 'a.csv')
    assert.match(csv, /<th[^>]*>name<\/th><th[^>]*class="numeric"[^>]*>count<\/th>/)
    assert.match(csv, />Ærø; Fyn<\/td>/)
    assert.match(csv, />say &quot;hi&quot;<\/td>/)
    assert.match(csv, />&lt;b&gt;<\/td>/)
    assert.match(csv, /3 rows, separated by semicolons\./)
    const tsv = await shown('\uFEFFa\tb\n1\t2\n3\t4\n5\t6\n', 'a.tsv')
    assert.match(tsv, /<th[^>]*>a<\/th>/)
    assert.match(tsv, /separated by tabs/)
    const many = await shown(`a,b\n${'1,2\n'.repeat(200_000)}`, 'many.csv')
    assert.match(many, /The first 50 rows, separated by commas\./)
    assert.equal(many.match(/<tr role="row">/g)?.length, 51)
    const wide = await shown(
      `${Array.from({ length: 300 }, (_, at) => `c${at}`).join(',')}\n${'1,'.repeat(299)}1\n`,
      'wide.csv',
    )
    assert.match(wide, /and 50 of 300 columns/)
  })

  test('JSON is indented, and every number stays as it was written', async () => {
    const json = await shown('{"id":12345678901234567890,"list":[1.50,{}],"t":"<i>"}', 'a.json')
    assert.match(
      json,
      /&quot;id&quot;: 12345678901234567890,\n {2}&quot;list&quot;: \[\n {4}1\.50,\n {4}\{\}\n {2}\],\n {2}&quot;t&quot;: &quot;&lt;i&gt;&quot;/,
    )
    const deep = await shown('['.repeat(60_000), 'deep.json')
    assert.ok(deep.length < 200_000)
  })

  test('Parquet shows its columns and first rows; what only looks like it says what is wrong', async () => {
    const columnData = [
      { name: 'id', data: [1, 2, 3], type: 'INT32' as const },
      { name: '<i>', data: ['a', '<b>', 'c'], type: 'STRING' as const },
    ]
    const parquet = await shown(new Uint8Array(parquetWriteBuffer({ columnData })), 'a.parquet')
    assert.match(parquet, /&lt;i&gt;<span class="column-type">VARCHAR<\/span>/)
    assert.match(parquet, />&lt;b&gt;<\/td>/)
    assert.match(parquet, /3 rows in 1 row group, 2 columns\./)
    const wrong = await shown(
      Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(500, 7), Buffer.from('PAR1')]),
      'b.parquet',
    )
    assert.match(wrong, /Not a Parquet file: /)
  })

  test('PDF, sound and pictures come from the file itself', async () => {
    const pdf = await put(pdfOf(['words']), 'a.pdf')
    assert.match(
      await previewOf(pdf.id),
      new RegExp(
        `<iframe src="/-/files/${pdf.id}/download\\?inline=1#toolbar=1&amp;navpanes=0&amp;view=FitH" title="a\\.pdf"`,
      ),
    )
    const wav = await put(wavOf(1), 'a.wav')
    assert.match(await previewOf(wav.id), new RegExp(`<audio src="/-/files/${wav.id}/download\\?inline=1" controls`))
  })

  test('what has no bytes, no preview or is gone says so', async () => {
    assert.match(await shown('', 'empty.txt'), /The file is empty/)
    assert.match(await shown(Buffer.from([0, 1, 2, 3, 255]), 'x.bin'), /There is no preview/)
    const lost = await put('soon lost', 'lost.txt')
    rmSync(join(room.root, lost.path))
    assert.match(await previewOf(lost.id), /The file is missing, so that there is nothing to show\./)
    const cut = await put('x'.repeat(1_000), 'cut.txt')
    truncateSync(join(room.root, cut.path), 10)
    assert.match(await previewOf(cut.id), /It could not be read just now\./)
  })
})

describe('separated values', () => {
  test('are read as they were written, whatever stands in them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SEPARATORS),
        fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 10 }),
        fc.constantFrom('\n', '\r\n'),
        (separator, rows, newline) => {
          const text = rows
            .map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(separator))
            .join(newline)
          const read = readSeparated(`sep=${separator}\n${text}`, 1_000, true)
          assert.equal(read.separator, separator)
          assert.deepEqual(read.head === undefined ? read.rows : [read.head, ...read.rows], rows)
        },
      ),
    )
  })

  test('of any kind end, in time that grows with their length alone', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), fc.boolean(), (text, complete) => {
        const { rows } = readSeparated(text, 50, complete)
        assert.ok(rows.length <= 51)
      }),
    )
    const started = performance.now()
    for (const text of [
      '"'.repeat(256 * 1024),
      ','.repeat(256 * 1024),
      '"a,'.repeat(80_000),
      '\n'.repeat(256 * 1024),
    ]) {
      readSeparated(text, 50, false)
    }
    assert.ok(performance.now() - started < 3_000)
  })

  test('lose their last row where it is cut off', () => {
    assert.deepEqual(readSeparated('a,b\n1,2\n3,4', 50, false).rows, [['1', '2']])
    assert.deepEqual(readSeparated('a,b\n1,2\n3,4', 50, true).rows, [
      ['1', '2'],
      ['3', '4'],
    ])
    assert.deepEqual(readSeparated('1,2\n3,4\n', 50, true).head, undefined)
    assert.deepEqual(readSeparated('a,b,\n1,2,\n', 50, true).rows.at(-1), ['1', '2', ''])
  })
})

test('indented JSON says the same as before', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (json) => {
      const { text, truncated } = indentJson(json, 100_000)
      assert.equal(truncated, false)
      assert.deepEqual(JSON.parse(text), JSON.parse(json))
      indentJson(json.slice(0, json.length / 2), 10)
    }),
  )
  assert.equal(indentJson(`[${'1,'.repeat(5_000)}1]`, 100).truncated, true)
})
