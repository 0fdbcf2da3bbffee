import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { HoldallError } from '../../web/error.ts'
import { createLog } from '../../web/log.ts'
import { startDuckDb } from '../footer/test-duckdb.ts'
import { createConverter } from './converter.ts'
import type { ConvertibleKind } from './kinds.ts'
import { type TestCell, xlsx, zip } from './test-xlsx.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const ROWS = LONG ? 1_000_000 : 100_000

const folder = mkdtempSync(join(tmpdir(), 'holdall-convert-'))
const converter = createConverter({ folder: join(folder, 'conversions'), log: createLog(() => {}) })
const duckdb = await startDuckDb()
const rowsOf = duckdb.rows
after(async () => {
  duckdb.close()
  await converter.close()
  rmSync(folder, { recursive: true, force: true })
})

let count = 0

/** What becomes of a file: its columns with their types, its rows, and what is said about it; or why nothing does. */
async function convert(kind: ConvertibleKind, contents: string | Uint8Array) {
  const id = ++count
  const path = join(folder, `in-${id}`)
  writeFileSync(path, contents)
  const { conversion, stream } = await converter.convert({ kind, path }, new AbortController().signal)
  const parquet = join(folder, `out-${id}.parquet`)
  writeFileSync(parquet, Buffer.from(await new Response(stream).arrayBuffer()))
  const from = `read_parquet('${parquet}')`
  const columns = (await rowsOf(`DESCRIBE SELECT * FROM ${from}`)).map(([name, type]) => `${name} ${type}`)
  return { columns, conversion, from, rows: () => rowsOf(`SELECT * FROM ${from}`) }
}

async function refusal(kind: ConvertibleKind, contents: string | Uint8Array): Promise<string> {
  const error = await convert(kind, contents).then(
    () => assert.fail('it was converted'),
    (error: unknown) => error,
  )
  assert.ok(error instanceof HoldallError, String(error))
  return `${error.code}: ${error.message.replace(/^(?:No table can be made of )?[Tt]his \w+ file(?: is past a limit)?: /, '')}`
}

const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
const cell = (xml: string): TestCell => ({ xml })

describe('separated values', { concurrency: true }, () => {
  test('have the types by which nothing of them is lost, whatever stands in the last row', async () => {
    const names = 'n,zip,big,x,day,at,zone,time,yes,text'
    const first =
      '1,007,12345678901234567890,0.5,2024-02-29,2024-02-29 10:00:00,2024-02-29T10:00:00Z,10:00:00,true,"a ""b""\nc"'
    const { columns, rows, conversion } = await convert(
      'csv',
      `${names}\n${first}\n-2,1000,1,1e3,2024-03-01,2024-03-01,2024-03-01T10:00:00+02:00,,FALSE,""\n`,
    )
    assert.deepEqual(columns, [
      ...['n BIGINT', 'zip VARCHAR', 'big DECIMAL(38,0)', 'x DOUBLE', 'day DATE', 'at TIMESTAMP'],
      ...['zone TIMESTAMP WITH TIME ZONE', 'time TIME', 'yes BOOLEAN', 'text VARCHAR'],
    ])
    const [one = [], two = []] = await rows()
    assert.deepEqual([one[1], String(one[2]), one[9]], ['007', '12345678901234567890', 'a "b"\nc'])
    assert.deepEqual([two[7], two[9]], [null, ''])
    assert.deepEqual(conversion.warnings, [])
    const late = `a,b\n${'1,2\n'.repeat(12_000)}x,007\n`
    assert.deepEqual((await convert('csv', late)).columns, ['a VARCHAR', 'b VARCHAR'])
  })

  test('are told apart by what separates them; first lines of values are no names', async () => {
    assert.deepEqual((await convert('csv', 'name;price\nA;1,5\n')).columns, ['name VARCHAR', 'price DOUBLE'])
    assert.deepEqual((await convert('tsv', 'a\tb\n1\tx,y\n')).columns, ['a BIGINT', 'b VARCHAR'])
    assert.deepEqual((await convert('csv', '1|2\n3|4\n')).columns, ['column_1 BIGINT', 'column_2 BIGINT'])
    assert.deepEqual((await convert('csv', 'place,2023,2024\nx,1,2\n')).columns, [
      'place VARCHAR',
      '2023 BIGINT',
      '2024 BIGINT',
    ])
    const { columns, conversion } = await convert('csv', 'a,A,,a_1\n1,2,3,4\n')
    assert.deepEqual(columns, ['a BIGINT', 'A_2 BIGINT', 'column_3 BIGINT', 'a_1 BIGINT'])
    assert.equal(conversion.warnings.length, 2)
  })

  test('have decimal commas and days first only where the comma separates nothing and all of a column means one thing', async () => {
    const german = [
      'Tag;Beträge;Kosten;Menge;Version;Frist',
      '01.02.2024;170.340,63;-5;1,250;1.234;1.2.2024',
      '31.12.2023; 1.000 ;+0,5;2,500;5.678;29.02.2024',
      ';7340,5;,25;;;',
    ]
    const { columns, rows, conversion } = await convert('csv', `${german.join('\r\n')}\r\n`)
    assert.deepEqual(columns, [
      ...['Tag DATE', 'Beträge DOUBLE', 'Kosten DOUBLE', 'Menge VARCHAR', 'Version DOUBLE', 'Frist DATE'],
    ])
    assert.deepEqual(
      (await rows()).map(([day, amount, cost, , version, due]) => [day, amount, cost, version, due].map(String)),
      [
        ['2024-02-01', '170340.63', '-5', '1.234', '2024-02-01'],
        ['2023-12-31', '1000', '0.5', '5.678', '2024-02-29'],
        ['null', '7340.5', '0.25', 'null', 'null'],
      ],
    )
    assert.deepEqual(conversion.warnings, [
      { column: null, message: 'Amounts with decimal commas were read as numbers: Beträge, Kosten.' },
      { column: null, message: 'Days such as 31.12.2024 were read as dates: Tag, Frist.' },
    ])
    const numbers = [['1,250', '12,5'], ['0,250'], ['1.234,567'], ['1250,125']]
    const texts = [
      ...[['1,250'], ['1,5', '2.5'], ['1.00,5'], ['1,5', '1,234,567'], ['1,5', 'n/a'], ['007,5'], ['0.123,5']],
      ...[['9007199254740993,5'], ['1,5 €'], ['1,'], ['31.02.2024'], ['01.02.24'], ['01.13.2024'], ['01.02.0000']],
      ['01.02.2024', '2024-02-01'],
    ]
    const all = [...numbers, ...texts]
    const lines = [all.map((_, at) => `c${at}`), all.map(([one]) => one), all.map(([, two = '']) => two)]
    assert.deepEqual(
      (await convert('csv', `${lines.map((line) => line.join(';')).join('\n')}\n`)).columns,
      all.map((_, at) => `c${at} ${at < numbers.length ? 'DOUBLE' : 'VARCHAR'}`),
    )
    const late = `a;b\n${'1,5;01.02.2024\n'.repeat(12_000)}`
    assert.deepEqual((await convert('csv', late)).columns, ['a DOUBLE', 'b DATE'])
    assert.deepEqual((await convert('csv', `${late}1.5;1.2.24\n`)).columns, ['a VARCHAR', 'b VARCHAR'])
    const ofCommas = await convert('csv', 'a,b\n"170.340,63",01.02.2024\n')
    assert.deepEqual([ofCommas.columns, ofCommas.conversion.warnings], [['a VARCHAR', 'b VARCHAR'], []])
    const nameless = '170.340,63\t01.02.2024\n1\t02.02.2024\n'
    assert.deepEqual((await convert('tsv', nameless)).columns, ['column_1 DOUBLE', 'column_2 DATE'])
  })

  test('are read in the encoding that they have, with lines that end in any way', async () => {
    const latin = await convert('csv', Buffer.from('name,n\nCaf\xe9 \x80,1\n', 'latin1'))
    assert.deepEqual([(await latin.rows())[0]?.[0], latin.conversion.encoding], ['Café €', 'windows-1252'])
    assert.deepEqual(await (await convert('csv', utf16('näme,n\nö,1\n'))).rows(), [['ö', '1']])
    assert.deepEqual((await convert('csv', '\ufeffname,n\nö,1\n')).columns, ['name VARCHAR', 'n BIGINT'])
    const mixed = await convert('csv', '\n\r\na,b\r\n1,"x\r\ny"\n\n3,4\r')
    assert.deepEqual(await mixed.rows(), [
      ['1', 'x\r\ny'],
      ['3', '4'],
    ])
  })

  test('that are no table are refused by the line, and never in part', async () => {
    assert.equal(
      await refusal('csv', 'a,b\n1,2\n\n3,4,5\n'),
      'not_convertible: line 4 has 3 values where the others have 2: 3,4,5.',
    )
    const late = `a,b\n${'"x\ny",2\n'.repeat(20_000)}3\n`
    assert.equal(await refusal('csv', late), 'not_convertible: line 40,002 has 1 value where the others have 2: 3.')
    assert.match(await refusal('csv', 'a,b\n"5x,2\n3,4\n'), /line 2 opens a quote that is never closed: "5x,2\./)
    assert.match(await refusal('csv', 'a,b\n1,"5"x\n'), /line 2 goes on after the closing quote of value 2/)
    assert.match(await refusal('csv', `a,b\n${'x'.repeat(2_100_000)},1\n`), /line 2 is longer than 2,000,000 bytes/)
    assert.equal(await refusal('csv', ' \n\n'), 'not_convertible: it is empty.')
    assert.match(await refusal('csv', 'a,b\n'), /names its columns and has no rows/)
    assert.match(await refusal('csv', Buffer.from([7, 0, 1, 2, 3, 0, 255, 9, 9])), /it is no text/)
    assert.match(await refusal('csv', 'PAR1 … PAR1'), /it is a Parquet file/)
  })

  test('of many rows and columns are converted within the memory that there is', async () => {
    const lines = Array.from({ length: ROWS }, (_, n) => `${n},${n / 4},name ${n % 1_000},00${n % 7}`)
    const { from, conversion } = await convert('csv', `id,value,name,code\n${lines.join('\n')}\n`)
    assert.equal(conversion.rows, ROWS)
    assert.deepEqual(
      await rowsOf(
        `SELECT count(*), sum(id)::BIGINT, sum(value), count(DISTINCT name), min(code), count(DISTINCT code) FROM ${from}`,
      ),
      [[String(ROWS), String((BigInt(ROWS) * BigInt(ROWS - 1)) / 2n), (ROWS * (ROWS - 1)) / 8, '1000', '000', '7']],
    )
    const wide = Array.from({ length: 300 }, (_, n) => n)
    assert.equal(
      (await convert('csv', `${wide.map((n) => `c${n}`).join(',')}\n${wide.join(',')}\n`)).columns.length,
      300,
    )
  })
})

describe('JSON', { concurrency: true }, () => {
  test('is a list, or objects of each line; what is nested stays so, and no number is rounded', async () => {
    const list = await convert('json', '[{"a":1,"b":"007","n":{"x":[1]}},{"a":2.5,"day":"2024-01-05"}]')
    assert.deepEqual(list.columns, ['a DOUBLE', 'b VARCHAR', 'n STRUCT(x BIGINT[])', 'day DATE'])
    const lines = await convert(
      'ndjson',
      '{"big":12345678901234567890123,"u":18446744073709551615,"m":1}\n{"m":"x"}\n{"m":{"y":2}}\n',
    )
    assert.deepEqual(lines.columns, ['big DECIMAL(38,0)', 'u DECIMAL(38,0)', 'm VARCHAR'])
    assert.deepEqual(
      (await lines.rows()).map(([, , m]) => m),
      ['1', 'x', '{"y":2}'],
    )
    assert.deepEqual(await (await convert('json', utf16('[{"ö":1}]'))).rows(), [['1']])
    assert.deepEqual(await (await convert('ndjson', '{"a":1,"A":2}\n')).rows(), [['1', '2']])
  })

  test('that is none is refused by its place', async () => {
    assert.match(await refusal('ndjson', '{"a":1}\n{"a" 2}\n{"a":3}\n'), /not_convertible: line 2 is no JSON at byte/)
    assert.match(await refusal('json', '[{"a":1},{"a" 2}]'), /value \d of the list is no JSON at byte/)
    assert.equal(await refusal('ndjson', '{"a":1,"a":2}\n'), 'not_convertible: line 1 has the key "a" twice.')
    assert.match(await refusal('json', 'hello'), /begins neither with \[ nor with \{/)
    assert.equal(await refusal('json', '[]'), 'not_convertible: it has no rows.')
    assert.match(await refusal('json', '['.repeat(200_000)), /not_convertible: /)
  })
})

describe('Excel', { concurrency: true }, () => {
  test('is read by what its cells are, with what is left out said', async () => {
    const head = ['id', 'name', 'zip', 'day', 'at', 'time', 'gone', 'ok', 'sum']
    const row = (id: number, zip: string, sum: TestCell) =>
      [
        id,
        'a "b"\nc',
        zip,
        cell('<c s="1"><v>45296</v></c>'),
        cell('<c s="2"><v>45296.5</v></c>'),
        cell('<c s="3"><v>0.25</v></c>'),
        cell('<c s="4"><v>1.5</v></c>'),
        true,
        sum,
      ] as TestCell[]
    const { columns, rows, conversion } = await convert(
      'xlsx',
      xlsx([
        { name: 'hidden', rows: [['x'], [1]], hidden: true },
        { name: 'empty', rows: [] },
        {
          name: 'Visits',
          rows: [
            ['Visits of 2024'],
            [],
            head,
            row(1, '007', cell('<c><f>1+1</f><v>2</v></c>')),
            row(2, '1000', cell('<c t="e"><v>#N/A</v></c>')),
          ],
        },
      ]),
    )
    assert.deepEqual(columns, [
      ...[
        'id BIGINT',
        'name VARCHAR',
        'zip VARCHAR',
        'day DATE',
        'at TIMESTAMP',
        'time TIME',
        'gone DOUBLE',
        'ok BOOLEAN',
      ],
      'sum BIGINT',
    ])
    assert.deepEqual(
      (await rows()).map((values) => [values[1], values[2], values[8]]),
      [
        ['a "b"\nc', '007', '2'],
        ['a "b"\nc', '1000', null],
      ],
    )
    assert.equal(conversion.sheet, 'Visits')
    assert.deepEqual(
      conversion.warnings.map(({ message }) => message),
      [
        'The sheet “Visits” was read; “hidden” (hidden) and “empty” were not.',
        'What stands above the table was left out: “Visits of 2024”.',
        '1 cell with #N/A is empty.',
      ],
    )
    assert.deepEqual(conversion.sheets, [
      { name: 'hidden', hidden: true },
      { name: 'empty', hidden: false },
      { name: 'Visits', hidden: false },
    ])
    const merged = await convert(
      'xlsx',
      xlsx([
        {
          name: 'a',
          rows: [
            ['Group', null, 'x'],
            [1, 2, 'y'],
          ],
        },
      ]),
    )
    assert.deepEqual(merged.columns, ['Group BIGINT', 'column_2 BIGINT', 'x VARCHAR'])
  })

  test('of somebody who means harm is refused', async () => {
    const sheet = (xml: string) => xlsx([{ name: 'a', rows: [['a'], [1]] }], { 'xl/worksheets/sheet1.xml': xml })
    const grows =
      '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>'
    assert.match(await refusal('xlsx', sheet(grows)), /declares a document type/)
    assert.match(await refusal('xlsx', sheet('<worksheet><sheetData><row><c r="A1"')), /no whole Excel file/)
    assert.match(
      await refusal(
        'xlsx',
        sheet('<worksheet><sheetData><row><c r="ZZZZZ1"><v>1</v></c></row></sheetData></worksheet>'),
      ),
      /beyond column 16,384/,
    )
    assert.match(
      await refusal('xlsx', sheet('<worksheet><sheetData><row><c t="s"><v>9</v></c></row></sheetData></worksheet>')),
      /refers to a text that is not there/,
    )
    assert.match(await refusal('xlsx', zip({ 'a.txt': 'x' })), /it has no xl\/workbook\.xml/)
    assert.match(
      await refusal('xlsx', xlsx([{ name: 'a', rows: [['a'], [1]] }]).subarray(0, 400)),
      /no whole Excel file/,
    )
    assert.match(await refusal('xlsx', 'a,b\n1,2\n'), /it is no Excel file, whatever its name says/)
    const texts = `<sst>${`<si><t>${'x'.repeat(1_000_000)}</t></si>`.repeat(140)}</sst>`
    assert.match(
      await refusal('xlsx', xlsx([{ name: 'a', rows: [['a'], [1]] }], { 'xl/sharedStrings.xml': texts })),
      /texts are more than 128 MiB/,
    )
  })

  test('of many rows has the counts and sums that were written', async () => {
    function* rows(): Generator<TestCell[]> {
      yield ['id', 'value', 'name', 'day']
      for (let n = 0; n < ROWS; n++)
        yield [n, n / 4, `name ${n % 1_000}`, cell(`<c s="1"><v>${45_000 + (n % 365)}</v></c>`)]
    }
    const { from, columns } = await convert('xlsx', xlsx([{ name: 'a', rows: rows() }]))
    assert.deepEqual(columns, ['id BIGINT', 'value DOUBLE', 'name VARCHAR', 'day DATE'])
    assert.deepEqual(
      await rowsOf(
        `SELECT count(*), sum(id)::BIGINT, sum(value), count(DISTINCT name), count(DISTINCT day), min(day)::VARCHAR FROM ${from}`,
      ),
      [
        [
          String(ROWS),
          String((BigInt(ROWS) * BigInt(ROWS - 1)) / 2n),
          (ROWS * (ROWS - 1)) / 8,
          '1000',
          '365',
          '2023-03-15',
        ],
      ],
    )
  })
})
