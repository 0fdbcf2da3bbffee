/** Numbers from 0 to 1 that are the same each time for one seed. */
export type Chance = () => number

export function chanceOf(seed: number): Chance {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A value as it stands in a file, and as DuckDB says it where it was read without loss. */
export interface TestValue {
  readonly written: string
  readonly read: string
  /** As it is read where a comma may stand in a number. @default read */
  readonly commas?: string
}

export interface TestColumn {
  readonly name: string
  readonly type: string
  /** Where a comma may stand in a number. @default type */
  readonly commas?: string
  /** Null where a row has no value. */
  readonly values: readonly (TestValue | null)[]
}

/** A kind of value: one by its number, so that a column can be made to have each. */
interface Kind {
  readonly type: string
  /** One that tells what type the column has, whatever the others are. */
  readonly first: string | TestValue
  readonly next: (chance: Chance) => string | TestValue
  /** The type of a column that has nothing but that one. @default type */
  readonly alone?: string
  /** The type of a column where a comma may stand in a number. @default type */
  readonly commas?: string
  /** As JSON has it, where it is no text there. */
  readonly isBare?: boolean
}

const digits = (chance: Chance, count: number) =>
  Array.from({ length: count }, (_, at) => Math.floor(chance() * (at === 0 ? 9 : 10)) + (at === 0 ? 1 : 0)).join('')
const whole = (chance: Chance, most: number) => Math.floor(chance() * most)
const two = (value: number) => String(value).padStart(2, '0')
const day = (chance: Chance) =>
  `${1900 + whole(chance, 200)}-${two(1 + whole(chance, 12))}-${two(1 + whole(chance, 28))}`
const time = (chance: Chance) => `${two(whole(chance, 24))}:${two(whole(chance, 60))}:${two(whole(chance, 60))}`
const PIECES = [
  ...[
    'a',
    'Zoë',
    '東京',
    '🚀',
    '"',
    '""',
    ',',
    ';',
    '\t',
    '|',
    '\n',
    '\r\n',
    ' ',
    "'",
    '\\',
    '#',
    '--',
    '{',
    '007',
    'NULL',
  ],
  ...['=1+1', 'é', 'é', '‏', '.', '0', '%'],
]

function text(chance: Chance): string {
  return Array.from({ length: whole(chance, 6) }, () => PIECES[whole(chance, PIECES.length)]).join('')
}

function moment(chance: Chance): TestValue {
  const [on, at] = [day(chance), time(chance)]
  return { written: `${on}${chance() < 0.5 ? 'T' : ' '}${at}`, read: `${on} ${at}` }
}

const double = (chance: Chance): TestValue => {
  const value = (chance() - 0.5) * 10 ** (whole(chance, 25) - 10)
  return { written: String(value), read: String(value) }
}

function amount(chance: Chance): TestValue {
  const [units, fraction] = [digits(chance, 1 + whole(chance, 9)), digits(chance, 1 + whole(chance, 4))]
  const written = chance() < 0.5 ? units.replace(/\B(?=(?:\d{3})+$)/g, '.') : units
  const sign = ['', '-', '+'][whole(chance, 3)] as string
  if (chance() < 0.3) return as(`${sign}${written}`, `${sign}${units}`)
  return as(`${sign}${written},${fraction}`, `${sign}${units}.${fraction}`)
}

function dayFirst(chance: Chance): TestValue {
  const [year, month, on] = day(chance).split('-') as [string, string, string]
  const written = chance() < 0.5 ? `${on}.${month}.${year}` : `${Number(on)}.${Number(month)}.${year}`
  return as(written, `${year}-${month}-${on}`)
}

function as(written: string, commas: string): TestValue {
  return { written, read: written, commas }
}

/** What comes back as it was written, with the type by which it does. */
export const KINDS: Readonly<Record<string, Kind>> = {
  whole: { type: 'BIGINT', first: '-9223372036854775808', next: (c) => String(whole(c, 2e6) - 1e6), isBare: true },
  long: {
    type: 'DECIMAL(38,0)',
    first: '99999999999999999999',
    next: (c) => digits(c, 1 + whole(c, 30)),
    isBare: true,
  },
  double: { type: 'DOUBLE', first: '0.1', next: double, isBare: true },
  truth: { type: 'BOOLEAN', first: 'true', next: (c) => (c() < 0.5 ? 'true' : 'false'), isBare: true },
  day: { type: 'DATE', first: '2024-02-29', next: day },
  moment: { type: 'TIMESTAMP', first: { written: '2024-02-29T23:59:59', read: '2024-02-29 23:59:59' }, next: moment },
  time: { type: 'TIME', first: '23:59:59', next: time },
  zeros: { type: 'VARCHAR', first: '007', next: (c) => digits(c, 1 + whole(c, 8)) },
  text: { type: 'VARCHAR', first: 'a word', next: text },
  /** More digits than a double keeps: of a whole number, of a fraction, of one that no type is long enough for. */
  inexact: { type: 'VARCHAR', first: '9007199254740993.5', next: double },
  halves: { type: 'VARCHAR', first: '9007199254740993', next: () => '0.5', alone: 'BIGINT', isBare: true },
  endless: { type: 'VARCHAR', first: `${'9'.repeat(39)}`, next: (c) => digits(c, 40) },
  tiny: { type: 'VARCHAR', first: '1e-400', next: double },
  /** What others take for days, and what has two meanings. */
  never: { type: 'VARCHAR', first: 'infinity', next: (c) => (c() < 0.5 ? 'epoch' : day(c)) },
  either: { type: 'VARCHAR', first: '10-11-12', next: () => '01-02-2024' },
  amounts: { type: 'VARCHAR', commas: 'DOUBLE', first: as('-1.000,5', '-1000.5'), next: amount },
  days: { type: 'VARCHAR', commas: 'DATE', first: as('29.2.2024', '2024-02-29'), next: dayFirst },
  /** Neither, by one value. */
  groups: { type: 'VARCHAR', first: '12.34,5', next: (c) => amount(c).written },
  zeroed: { type: 'VARCHAR', first: '007,5', next: (c) => amount(c).written },
  noDays: { type: 'VARCHAR', first: '30.02.2024', next: (c) => dayFirst(c).written },
  thousands: { type: 'VARCHAR', first: '1,234', next: (c) => `${digits(c, 1 + whole(c, 3))},${digits(c, 3)}` },
  slashes: { type: 'VARCHAR', first: '01/02/2024', next: () => '31/12/2024' },
  names: {
    type: 'VARCHAR',
    first: 'B1C0DE00-0000-4000-8000-00000000000F',
    next: () => 'b1c0de00-0000-4000-8000-000000000000',
  },
}

/** Columns of these kinds, of so many rows; the value that tells the type stands anywhere, often in the last row. */
export function testColumns(kinds: readonly string[], rows: number, chance: Chance): TestColumn[] {
  return kinds.map((name, at) => {
    const kind = KINDS[name] as Kind
    const telling = chance() < 0.3 ? rows - 1 : whole(chance, rows)
    const values = Array.from({ length: rows }, (_, row) => {
      if (row === telling) return asValue(kind.first)
      return chance() < 0.1 ? null : asValue(kind.next(chance))
    })
    const isAlone = values.every((value, row) => value === null || row === telling)
    const type = (isAlone && kind.alone) || kind.type
    return { name: `${name} ${at}`, type, ...(kind.commas && { commas: kind.commas }), values }
  })
}

/** As they are where a comma may stand in a number. */
export function withCommas(columns: readonly TestColumn[]): TestColumn[] {
  return columns.map(({ name, type, commas = type, values }) => ({
    name,
    type: commas,
    values: values.map((value) => value && { written: value.written, read: value.commas ?? value.read }),
  }))
}

function asValue(value: string | TestValue): TestValue {
  return typeof value === 'string' ? { written: value, read: value } : value
}

export interface Dialect {
  readonly delimiter: string
  readonly lineEnd: string
  readonly isMarked: boolean
  readonly endsLine: boolean
  /** Whether every value stands in quotes. */
  readonly quotesAll: boolean
}

export function dialectBy(chance: Chance, delimiter?: string): Dialect {
  return {
    delimiter: delimiter ?? ([',', ';', '\t', '|'][whole(chance, 4)] as string),
    lineEnd: ['\n', '\r\n', '\r'][whole(chance, 3)] as string,
    isMarked: chance() < 0.3,
    endsLine: chance() < 0.7,
    quotesAll: chance() < 0.3,
  }
}

/** As separated values. A text of nothing stands in quotes; what is not there does not. */
export function separated(columns: readonly TestColumn[], dialect: Dialect): string {
  const { delimiter, lineEnd, isMarked, endsLine, quotesAll } = dialect
  const cell = (value: string) =>
    quotesAll || value === '' || /[",;\t|\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
  const rows = (columns[0]?.values ?? []).map((_, row) =>
    columns.map(({ values }) => (values[row] === null ? '' : cell(values[row]?.written ?? ''))).join(delimiter),
  )
  const lines = [columns.map(({ name }) => cell(name)).join(delimiter), ...rows]
  return `${isMarked ? '\ufeff' : ''}${lines.join(lineEnd)}${endsLine ? lineEnd : ''}`
}

/** The objects of rows, one text each; of a value that is not there the key is missing, or null stands there. */
export function objects(columns: readonly TestColumn[], chance: Chance): string[] {
  return (columns[0]?.values ?? []).map((_, row) => {
    const members = columns.flatMap(({ name, values }) => {
      const value = values[row]
      if (value === null || value === undefined) return chance() < 0.5 ? [] : [`${JSON.stringify(name)}:null`]
      const isBare = KINDS[name.split(' ')[0] as string]?.isBare ?? false
      return [`${JSON.stringify(name)}: ${isBare ? value.written : JSON.stringify(value.written)}`]
    })
    return `{${members.join(',')}}`
  })
}
