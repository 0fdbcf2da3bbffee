import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createInstance } from '../engine/instance.ts'
import { startDuckDb } from '../footer/test-duckdb.ts'
import { type Conversion, type ConversionFiles, convertDelimited } from './delimited.ts'
import { convertJson } from './json.ts'
import { CannotConvert } from './refusal.ts'
import {
  type Chance,
  chanceOf,
  type Dialect,
  dialectBy,
  KINDS,
  objects,
  separated,
  type TestColumn,
  testColumns,
  withCommas,
} from './test-tables.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
/** Files of each format, and as many again that are damaged. */
const FILES = LONG ? 1_500 : 8
const DAMAGED = LONG ? 5_000 : 12
const FIRST_SEED = 20_261_122

const folder = mkdtempSync(join(tmpdir(), 'holdall-convert-property-'))
// What a process of the converter does, without the process: one takes a hundred times as long to begin as such a file.
const { connection, close } = await createInstance({ memoryBytes: 512 * 1024 ** 2, threads: 2, niceness: 0 })
const duckdb = await startDuckDb()
// It takes a file for the one it read before that has the same path and size and was written within the same second.
await duckdb.rows('SET enable_external_file_cache = false')
after(() => {
  close()
  duckdb.close()
  rmSync(folder, { recursive: true, force: true })
})

const FORMATS = {
  csv: (files: ConversionFiles) => convertDelimited(connection, files),
  tsv: (files: ConversionFiles) => convertDelimited(connection, files, '\t'),
  json: (files: ConversionFiles) => convertJson(connection, files, 'json'),
  ndjson: (files: ConversionFiles) => convertJson(connection, files, 'ndjson'),
} as const
type Format = keyof typeof FORMATS

const target = join(folder, 'target.parquet')

async function convert(format: Format, contents: Uint8Array): Promise<Conversion> {
  const [source, scratch] = [join(folder, 'source'), join(folder, 'scratch')]
  writeFileSync(source, contents)
  writeFileSync(scratch, '')
  rmSync(target, { force: true })
  const handles: FileHandle[] = [await open(source, 'r'), await open(scratch, 'r+')]
  const [read, written] = handles as [FileHandle, FileHandle]
  try {
    return await FORMATS[format]({
      source: { handle: read, path: source, size: contents.length },
      scratch: { handle: written, path: scratch },
      target,
    })
  } finally {
    for (const handle of handles) await handle.close()
  }
}

interface TestFile {
  readonly columns: readonly TestColumn[]
  readonly bytes: Buffer
}

function fileOf(format: Format, chance: Chance): TestFile {
  const kinds = Object.keys(KINDS).filter(() => chance() < 0.4)
  const columns = testColumns(kinds.length < 2 ? ['whole', 'text'] : kinds, 1 + Math.floor(chance() * 40), chance)
  const dialect = dialectBy(chance, format === 'csv' ? undefined : '\t')
  const text = textOf(format, columns, { chance, dialect })
  const isWide = chance() < 0.15
  const isSeparated = format === 'csv' || format === 'tsv'
  const read = isSeparated && dialect.delimiter !== ',' ? withCommas(columns) : columns
  return {
    columns: read,
    bytes: isWide ? Buffer.from(`\ufeff${text.replace('\ufeff', '')}`, 'utf16le') : Buffer.from(text),
  }
}

function textOf(
  format: Format,
  columns: readonly TestColumn[],
  { chance, dialect }: { readonly chance: Chance; readonly dialect: Dialect },
): string {
  switch (format) {
    case 'csv':
    case 'tsv':
      return separated(columns, dialect)
    case 'json':
      return `${chance() < 0.3 ? '\ufeff' : ''}[${objects(columns, chance).join(chance() < 0.5 ? ',\n' : ' ,')}]\n`
    case 'ndjson':
      return `${objects(columns, chance).join(chance() < 0.3 ? '\r\n' : '\n')}${chance() < 0.5 ? '\n' : ''}`
  }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

async function assertKept({ columns }: TestFile, conversion: Conversion): Promise<void> {
  const from = `read_parquet('${target}')`
  const rows = columns[0]?.values.length ?? 0
  assert.equal(conversion.rows, rows)
  assert.deepEqual(new Set(await duckdb.describe(target)), new Set(columns.map(({ name, type }) => [name, type])))
  const selected = columns.map(({ name }) => `${quoted(name)}::VARCHAR`).join(', ')
  const found = await duckdb.rows(`SELECT ${selected} FROM ${from}`)
  assert.equal(found.length, rows)
  for (const [at, { name, type, values }] of columns.entries()) {
    const same = (value: unknown) => (type === 'DOUBLE' && value !== null ? Number(value) : value)
    assert.deepEqual(
      found.map((row) => same(row[at])),
      values.map((value) => same(value?.read ?? null)),
      name,
    )
    if (!['BIGINT', 'DECIMAL(38,0)'].includes(type)) continue
    const there = values.flatMap((value) => (value === null ? [] : [BigInt(value.read)]))
    const [counted] = await duckdb.rows(
      `SELECT count(${quoted(name)})::INT, sum(${quoted(name)})::VARCHAR FROM ${from}`,
    )
    assert.deepEqual(counted, [there.length, String(there.reduce((sum, value) => sum + value, 0n))], name)
  }
}

/** Some bytes are others, or its end is missing. */
function damage(bytes: Buffer, chance: Chance): Buffer {
  const damaged = Buffer.from(bytes)
  for (let flips = Math.floor(chance() * 4); flips > 0; flips -= 1) {
    damaged[Math.floor(chance() * damaged.length)] = chance() < 0.5 ? Math.floor(chance() * 256) : 0x22
  }
  return chance() < 0.5 ? damaged : damaged.subarray(0, Math.floor(chance() * damaged.length))
}

describe('files of any values', () => {
  for (const format of Object.keys(FORMATS) as Format[]) {
    test(`${format}: what is read is what was written, with the types by which nothing is lost`, async () => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + FILES; seed += 1) {
        const file = fileOf(format, chanceOf(seed))
        try {
          await assertKept(file, await convert(format, file.bytes))
        } catch (error) {
          throw new Error(`seed ${seed}: ${JSON.stringify(file.bytes.toString()).slice(0, 2_000)}`, { cause: error })
        }
      }
    })

    test(`${format} that is damaged is refused, or is a whole table: never a part of one`, async (t) => {
      let refused = 0
      for (let seed = FIRST_SEED; seed < FIRST_SEED + DAMAGED; seed += 1) {
        const chance = chanceOf(seed)
        const bytes = damage(fileOf(format, chance).bytes, chance)
        try {
          const { rows } = await convert(format, bytes)
          const [[counted] = []] = await duckdb.rows(`SELECT count(*)::INT FROM read_parquet('${target}')`)
          assert.equal(counted, rows)
        } catch (error) {
          const isKnown = error instanceof CannotConvert || /^[A-Z][A-Za-z ]+ Error: /.test((error as Error).message)
          if (!isKnown) throw new Error(`seed ${seed}: ${JSON.stringify(bytes.toString('latin1'))}`, { cause: error })
          if (!(error instanceof CannotConvert)) t.diagnostic(`seed ${seed}: ${(error as Error).message.slice(0, 300)}`)
          refused += 1
        }
      }
      t.diagnostic(`${refused} of ${DAMAGED} refused`)
      assert.ok(refused > 0 && refused < DAMAGED)
    })
  }
})

test('JSON keeps what DuckDB alone would change: names, signs, long numbers, and texts that look like days', async () => {
  const bytes = Buffer.from(
    [
      '{"a":1,"A":9007199254740993,"":"x","n":{"DATE":"10-11-12","JSON":[1,"y"],"u":18446744073709551615},"r":"infinity","i":1e400}',
      '{"a":-1,"A":0.5,"":"y","n":{"DATE":"epoch","STRUCT(a DATE)":-1,"u":null},"r":"2024-01-05","day":"2024-01-05","i":1}',
      '{"n":null,"day":null}',
    ].join('\n'),
  )
  await convert('ndjson', bytes)
  assert.deepEqual(await duckdb.describe(target), [
    ['a', 'BIGINT'],
    ['A_1', 'VARCHAR'],
    ['C2', 'VARCHAR'],
    ['n', 'STRUCT(DATE VARCHAR, "JSON" VARCHAR[], u DECIMAL(38,0), "STRUCT(a DATE)" BIGINT)'],
    ['r', 'VARCHAR'],
    ['i', 'VARCHAR'],
    ['day', 'DATE'],
  ])
  assert.deepEqual(await duckdb.rows(`FROM '${target}'`), [
    [
      ...['1', '9007199254740993', 'x'],
      { DATE: '10-11-12', JSON: ['1', 'y'], u: '18446744073709551615', 'STRUCT(a DATE)': null },
      ...['infinity', '1e400', null],
    ],
    ['-1', '0.5', 'y', { DATE: 'epoch', JSON: null, u: null, 'STRUCT(a DATE)': '-1' }, '2024-01-05', '1', '2024-01-05'],
    [null, null, null, null, null, null, null],
  ])
  await convert('json', Buffer.from('["infinity", "x", null]'))
  assert.deepEqual(await duckdb.rows(`FROM '${target}'`), [['infinity'], ['x'], [null]])
})
