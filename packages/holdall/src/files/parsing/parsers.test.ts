import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { parquetWriteBuffer } from 'hyparquet-writer'
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  MkvOutputFormat,
  Mp4OutputFormat,
  Output,
  WebMOutputFormat,
} from 'mediabunny'
import type { ByteRange, Storage } from '../../sources/storage.ts'
import { fc } from '../../web/test-chance.ts'
import { ChildFailure, type FailureKind } from '../children/child-process.ts'
import { createParsers, type Stored } from './parsers.ts'
import { pdfOf, wavOf } from './test-documents.ts'

const parsers = createParsers()
after(() => parsers.close())

/** A storage with one file, and how many bytes of it were read. */
function stored(bytes: Uint8Array): Stored & { read: number } {
  const file = {
    read: 0,
    path: 'file',
    size: bytes.length,
    storage: {
      stat: async () => undefined,
      async read(_: string, { range }: { range?: ByteRange } = {}) {
        const { offset, length = 0 } = range as { offset: number; length?: number }
        file.read += length
        return new Blob([bytes.slice(offset, offset + length)]).stream()
      },
    } satisfies Storage,
  }
  return file
}

function failsAs(...kinds: FailureKind[]) {
  return (error: unknown) => error instanceof ChildFailure && kinds.includes(error.kind)
}

const FILLER = 'harbour quay barque dockers customs steps glass plates lind family '.repeat(40)

describe('a PDF', () => {
  test('of 400 pages gives the words of page 40 and of the last one, and how many pages it has', async () => {
    const pages = Array.from(
      { length: 400 },
      (_, at) => `${at === 39 ? 'zanzibar ' : ''}${at === 399 ? 'finis ' : ''}${FILLER}`,
    )
    const { text, pages: count, truncated } = await parsers.pdf(stored(pdfOf(pages)))
    assert.equal(count, 400)
    assert.equal(truncated, false)
    assert.match(text, /zanzibar harbour quay/)
    assert.match(text, /\bfinis\b/)
    assert.ok(text.length <= 300_000, `${text.length}`)
  })

  test('that needs a password, is none or is broken off gives no words and no harm', async () => {
    await assert.rejects(parsers.pdf(stored(pdfOf(['secret'], { encrypted: true }))), failsAs('refused'))
    await assert.rejects(parsers.pdf(stored(Buffer.from('%PDF-1.7\nnothing more'))), failsAs('refused'))
    const whole = pdfOf(['one', 'two', FILLER])
    const outcome = await parsers.pdf(stored(whole.subarray(0, whole.length - 400))).catch((error: unknown) => error)
    if (outcome instanceof Error) assert.ok(failsAs('refused')(outcome))
  })

  test('whose pages swell to gigabytes is stopped at its limits, and the next one is read', async () => {
    const swollen = deflateSync(Buffer.alloc(600_000_000, 0x20), { level: 1 })
    const bomb = pdfOf(['a', 'b'], { stream: swollen })
    const small = createParsers({ patient: { timeoutMs: 15_000, memoryBytes: 300 * 1024 * 1024 } })
    try {
      const outcome = await small.pdf(stored(bomb)).catch((error: unknown) => error)
      assert.ok(outcome instanceof ChildFailure ? failsAs('memory', 'timeout', 'crashed')(outcome) : true)
      assert.match((await small.pdf(stored(pdfOf(['words'])))).text, /words/)
    } finally {
      await small.close()
    }
  })
})

describe('a text', () => {
  test('gives its words in its own encoding, markup those between its tags', async () => {
    assert.equal(await parsers.text(stored(Buffer.from('gr\xfcn', 'latin1')), 'text/plain'), 'grün')
    assert.equal(await parsers.text(stored(Buffer.from('\uFEFFgrün', 'utf16le')), 'text/plain'), 'grün')
    const page = '<html><style>b{}</style><b>one</b><script>var hidden</script> two <i'
    assert.match(await parsers.text(stored(Buffer.from(page)), 'text/html'), /^\W*one\s+two\s*$/)
    await assert.rejects(parsers.text(stored(Buffer.from([0, 1, 2, 3])), 'text/plain'), failsAs('refused'))
  })

  test('that is long keeps its beginning and each further word once', async () => {
    const long = `${'the same words again '.repeat(30_000)} lighthouse`
    const text = await parsers.text(stored(Buffer.from(long)), 'text/plain')
    assert.ok(text.length < 210_000)
    assert.match(text, /\nlighthouse$/)
    const angles = await parsers.text(stored(Buffer.alloc(2_000_000, '<')), 'text/html')
    assert.equal(angles.trim(), '')
  })
})

describe('audio and video', () => {
  test('say how long they play, in what codecs and how large', async () => {
    assert.deepEqual((await parsers.media(stored(wavOf(3)))).metadata.media, {
      format: 'wave',
      duration: 3,
      audio: { codec: 'pcm-s16', channels: 1, sample_rate: 8_000 },
    })
    for (const [format, name] of [
      [new Mp4OutputFormat(), 'mp4'],
      [new WebMOutputFormat(), 'webm'],
      [new MkvOutputFormat(), 'matroska'],
    ] as const) {
      const facts = await parsers.media(stored(await film(format)))
      assert.deepEqual([facts.width, facts.height], [640, 360], name)
      assert.deepEqual(
        facts.metadata.media,
        {
          format: name,
          duration: 2,
          video: { codec: 'vp9' },
          audio: { codec: 'opus', channels: 2, sample_rate: 48_000 },
          title: 'Quay',
        },
        name,
      )
    }
  })

  test('are read by their heads alone', async () => {
    const large = stored(
      Buffer.concat([await film(new Mp4OutputFormat({ fastStart: 'in-memory' })), Buffer.alloc(30_000_000)]),
    )
    await parsers.media(large).catch(() => undefined)
    assert.ok(large.read < 2_000_000, `${large.read} bytes`)
  })

  test('that are none are refused', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(5_000, 'no film'), wavOf(1).subarray(0, 20)]) {
      await assert.rejects(parsers.media(stored(bytes)), failsAs('refused'))
    }
  })
})

/** Two seconds of packets that no decoder would like: what the container says is all that is read. */
async function film(format: Mp4OutputFormat | WebMOutputFormat | MkvOutputFormat): Promise<Uint8Array> {
  const target = new BufferTarget()
  const output = new Output({ format, target })
  const video = new EncodedVideoPacketSource('vp9')
  const audio = new EncodedAudioPacketSource('opus')
  output.addVideoTrack(video, { frameRate: 10 })
  output.addAudioTrack(audio)
  output.setMetadataTags({ title: 'Quay' })
  await output.start()
  for (let frame = 0; frame < 20; frame += 1) {
    const data = new Uint8Array(50).fill(frame)
    const meta = { decoderConfig: { codec: 'vp09.00.10.08', codedWidth: 640, codedHeight: 360 } }
    await video.add(new EncodedPacket(data, frame === 0 ? 'key' : 'delta', frame / 10, 0.1), meta)
    await audio.add(new EncodedPacket(data, 'key', frame / 10, 0.1), {
      decoderConfig: { codec: 'opus', numberOfChannels: 2, sampleRate: 48_000 },
    })
  }
  await output.finalize()
  return new Uint8Array(target.buffer as ArrayBuffer)
}

/** What DuckDB writes, and what of it is shown. */
const EXACT: readonly (readonly [sql: string, shown: string])[] = [
  ['8189.82::DECIMAL(12,2)', '8189.82'],
  ['-0.05::DECIMAL(4,2)', '-0.05'],
  ['5::DECIMAL(12,2)', '5.00'],
  ['7::DECIMAL(9,0)', '7'],
  ["'12345678901234567890123456789012345.678'::DECIMAL(38,3)", '12345678901234567890123456789012345.678'],
  ["DATE '2019-01-01'", '2019-01-01'],
  ["DATE '1066-10-14'", '1066-10-14'],
  ["TIMESTAMP '2019-01-01 00:00:00'", '2019-01-01 00:00:00'],
  ["TIMESTAMP '1969-12-31 23:59:59.123456'", '1969-12-31 23:59:59.123456'],
  ["TIMESTAMP_MS '2019-01-01 10:00:00.25'", '2019-01-01 10:00:00.25'],
  ["TIMESTAMP_NS '2019-01-01 10:00:00.000000001'", '2019-01-01 10:00:00.000000001'],
  ["TIMESTAMPTZ '2019-01-01 10:00:00+00'", '2019-01-01 10:00:00Z'],
  ["TIME '01:02:03.5'", '01:02:03.5'],
  ['9223372036854775807::BIGINT', '9223372036854775807'],
  ['-9007199254740993::BIGINT', '-9007199254740993'],
  ['18446744073709551615::UBIGINT', '18446744073709551615'],
  ['4294967295::UINTEGER', '4294967295'],
  ['255::UTINYINT', '255'],
  ['0.1::FLOAT', '0.1'],
  ['0.1::DOUBLE', '0.1'],
  ['\'{"id": 9007199254740993}\'::JSON', '{"id": 9007199254740993}'],
  ['[1.10, NULL, 2]::DECIMAL(4,2)[]', '["1.10",null,"2.00"]'],
  ["[[DATE '2019-01-01'], []]", '[["2019-01-01"],[]]'],
  [
    "{'at': DATE '2019-01-01', 'sums': [{'sum': 1.5::DECIMAL(4,2), 'n': 9223372036854775807::BIGINT}]}",
    '{"at":"2019-01-01","sums":[{"sum":"1.50","n":"9223372036854775807"}]}',
  ],
  ["MAP {DATE '2019-01-01': 1.5::DECIMAL(4,2)}", '{"2019-01-01":"1.50"}'],
]

async function parquetOf(columns: string): Promise<{ bytes: Uint8Array; types: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-'))
  const path = join(folder, 'exact.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("SET TimeZone='UTC'")
  await connection.run(`COPY (SELECT ${columns}) TO '${path}' (FORMAT parquet)`)
  const described = await (await connection.run(`DESCRIBE SELECT * FROM '${path}'`)).getRowsJson()
  connection.closeSync()
  instance.closeSync()
  const bytes = new Uint8Array(readFileSync(path))
  rmSync(folder, { recursive: true })
  return { bytes, types: described.map((column) => String(column[1])) }
}

describe('Parquet', () => {
  const rows = 5_000
  const parquet = new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'id', data: Array.from({ length: rows }, (_, at) => BigInt(at)), type: 'INT64' },
        {
          name: '<b>',
          data: Array.from({ length: rows }, (_, at) => (at === 1 ? null : `name ${at}`)),
          type: 'STRING',
          nullable: true,
        },
        { name: 'when', data: Array.from({ length: rows }, () => new Date(0)), type: 'TIMESTAMP' },
      ],
    }),
  )

  test('says its columns, their types, its first rows and how many there are', async () => {
    const facts = await parsers.parquet(stored(parquet))
    assert.equal(facts.rows, '5000')
    assert.deepEqual(
      facts.columns.map(({ name, type, values }) => [name, type, values?.[1], values?.length]),
      [
        ['id', 'BIGINT', '1', 20],
        ['<b>', 'VARCHAR', null, 20],
        ['when', 'TIMESTAMP', '1970-01-01 00:00:00', 20],
      ],
    )
  })

  test('shows values as they are, under the types that DuckDB names: decimals with their scale, dates, times, whole numbers of 64 bits, lists of them', async () => {
    const { bytes, types } = await parquetOf(EXACT.map(([sql], at) => `${sql} AS c${at}`).join(', '))
    const facts = await parsers.parquet(stored(bytes))
    assert.deepEqual(
      facts.columns.map(({ values }, at) => [EXACT[at]?.[0], values?.[0]]),
      EXACT,
    )
    // DuckDB quotes only what it has to.
    const named = (type: string) => type.replaceAll('"', '')
    assert.deepEqual(
      facts.columns.map(({ type }) => named(type)),
      types.map(named),
    )
  })

  test('shows decimals in byte arrays of any length, and values that repeat', async () => {
    const schema = [
      { name: 'root', num_children: 2 },
      {
        name: 'amount',
        type: 'BYTE_ARRAY' as const,
        converted_type: 'DECIMAL' as const,
        precision: 20,
        scale: 2,
        repetition_type: 'REQUIRED' as const,
      },
      { name: 'name', type: 'BYTE_ARRAY' as const, repetition_type: 'REQUIRED' as const },
    ]
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: 'amount', data: [2.56, -0.01, 2.56] },
        { name: 'name', data: ['a', 'b', 'c'].map((text) => new TextEncoder().encode(text)) },
      ],
      schema,
    })
    const facts = await parsers.parquet(stored(new Uint8Array(buffer)))
    assert.deepEqual(
      facts.columns.map(({ values }) => values),
      [
        ['2.56', '-0.01', '2.56'],
        ['a', 'b', 'c'],
      ],
    )
  })

  test('of any size is read by its footer and the beginnings of its columns', async () => {
    const wide = parquetWriteBuffer({
      columnData: Array.from({ length: 60 }, (_, column) => ({
        name: `c${column}`,
        data: Array.from({ length: 1_000 }, (_, at) => `${column} ${at} ${'x'.repeat(300)}`),
        type: 'STRING' as const,
      })),
    })
    const file = stored(new Uint8Array(wide))
    const facts = await parsers.parquet(file)
    assert.equal(facts.columnCount, 60)
    assert.equal(facts.columns.length, 50)
    assert.ok(file.read < 80_000_000)
  })

  test('with a footer that lies is no Parquet file, and nothing else happens', async () => {
    const length = new DataView(parquet.buffer).getUint32(parquet.length - 8, true)
    const lying = (value: number) => {
      const copy = parquet.slice()
      new DataView(copy.buffer).setUint32(copy.length - 8, value, true)
      return copy
    }
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('PAR1'),
      Buffer.from('PAR1PAR1'),
      lying(0xffffffff),
      lying(parquet.length),
      lying(length - 1),
      parquet.subarray(0, parquet.length - 4),
    ]) {
      await assert.rejects(parsers.parquet(stored(bytes)), failsAs('refused'))
    }
  })

  test('mutated anywhere is read or refused, and never takes its reader along', async () => {
    const footer = new DataView(parquet.buffer).getUint32(parquet.length - 8, true)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(footer + 200), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          const copy = parquet.slice()
          for (const [back, value] of changes) copy[Math.max(0, copy.length - 9 - back)] = value
          const outcome = await parsers.parquet(stored(copy)).catch((error: unknown) => error)
          if (outcome instanceof Error) assert.ok(failsAs('refused')(outcome), String(outcome))
        },
      ),
      { numRuns: 150 },
    )
  })
})

test('mutated PDFs and films are read or refused', async () => {
  const documents = [pdfOf(['one two three', FILLER]), Buffer.from(await film(new WebMOutputFormat()))]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 1),
      fc.array(fc.tuple(fc.nat(5_000), fc.nat(255)), { minLength: 1, maxLength: 10 }),
      async (which, changes) => {
        const copy = Buffer.from(documents[which] as Buffer)
        for (const [at, value] of changes) copy[at % copy.length] = value
        const outcome = await (which === 0 ? parsers.pdf(stored(copy)) : parsers.media(stored(copy))).catch(
          (error: unknown) => error,
        )
        if (outcome instanceof Error) assert.ok(failsAs('refused')(outcome), String(outcome))
      },
    ),
    { numRuns: 60 },
  )
})

test('a storage that fails is the reason, not the file', async () => {
  const broken = {
    ...stored(wavOf(1)),
    storage: { stat: async () => undefined, read: async () => Promise.reject(new Error('gone')) },
  }
  await assert.rejects(parsers.media(broken), failsAs('source'))
})
