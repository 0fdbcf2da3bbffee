/** What a field can hold when a footer is made by hand: pairs of a type and a value, so that wrong ones can be made too. */
export type Field = readonly [type: keyof typeof CODES, value: unknown]
/** Fields by id. An undefined one is left out. */
export type Struct = Readonly<Record<number, Field | undefined>>

const CODES = { bool: 1, i8: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, struct: 12 } as const
const MAGIC = Buffer.from('PAR1')

export interface List {
  readonly of: keyof typeof CODES
  readonly items: readonly unknown[]
}

/** A whole file: `body` bytes of nothing between its head and its footer. */
export function parquetFile(footer: Uint8Array, { body = 0, magic = 'PAR1' } = {}): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  return Buffer.concat([MAGIC, Buffer.alloc(body), footer, length, Buffer.from(magic)])
}

/** A struct in Thrift's compact protocol. */
export function thrift(struct: Struct): Buffer {
  const out: number[] = []
  writeStruct(out, struct)
  return Buffer.from(out)
}

/** A number as the protocol writes it: seven bits a byte, least first. */
export function varint(value: bigint): number[] {
  const bytes = []
  let rest = value
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return bytes
}

function writeStruct(out: number[], struct: Struct): void {
  let last = 0
  for (const [key, field] of Object.entries(struct)) {
    if (field === undefined) continue
    const [type, value] = field
    const id = Number(key)
    const code = type === 'bool' && value === false ? 2 : CODES[type]
    if (id - last <= 15) out.push(((id - last) << 4) | code)
    else out.push(code, ...zigzag(id))
    last = id
    if (type !== 'bool') writeValue(out, type, value)
  }
  out.push(0)
}

function writeValue(out: number[], type: keyof typeof CODES, value: unknown): void {
  switch (type) {
    case 'struct':
      writeStruct(out, value as Struct)
      break
    case 'list':
      writeList(out, value as List)
      break
    case 'binary': {
      const bytes = Buffer.from(value as string | Uint8Array)
      out.push(...varint(BigInt(bytes.length)))
      for (const byte of bytes) out.push(byte)
      break
    }
    case 'double':
      out.push(...new Uint8Array(Float64Array.of(value as number).buffer))
      break
    case 'i8':
    case 'bool':
      out.push(Number(value) & 255)
      break
    default:
      out.push(...zigzag(value as number | bigint))
  }
}

function writeList(out: number[], { of, items }: List): void {
  if (items.length < 15) out.push((items.length << 4) | CODES[of])
  else out.push(0xf0 | CODES[of], ...varint(BigInt(items.length)))
  for (const item of items) writeValue(out, of, item)
}

function zigzag(value: number | bigint): number[] {
  const whole = BigInt(value)
  return varint(BigInt.asUintN(64, whole < 0n ? -whole * 2n - 1n : whole * 2n))
}

export interface Element {
  readonly name: string
  readonly type?: number
  readonly length?: number
  /** 0 required, 1 optional, 2 repeated. */
  readonly repetition?: number
  readonly children?: number
  readonly converted?: number
  readonly scale?: number
  readonly precision?: number
  readonly logical?: Struct
}

export function element(of: Element): Struct {
  const { name, type, length, repetition, children, converted, scale, precision, logical } = of
  return {
    1: type === undefined ? undefined : ['i32', type],
    2: length === undefined ? undefined : ['i32', length],
    3: repetition === undefined ? undefined : ['i32', repetition],
    4: ['binary', name],
    5: children === undefined ? undefined : ['i32', children],
    6: converted === undefined ? undefined : ['i32', converted],
    7: scale === undefined ? undefined : ['i32', scale],
    8: precision === undefined ? undefined : ['i32', precision],
    10: logical === undefined ? undefined : ['struct', logical],
  }
}

/** A footer without rows. `elements` follow the root. */
export function footerOf(elements: readonly Element[], tops: number, more: Struct = {}): Struct {
  const root = element({ name: 'root', children: tops })
  return {
    1: ['i32', 1],
    2: ['list', { of: 'struct', items: [root, ...elements.map(element)] }],
    3: ['i64', 0],
    4: ['list', { of: 'struct', items: [] }],
    ...more,
  }
}

/** A chunk of a column, as small as it can be. */
export function chunkOf(type: number, { values = 1, at = 4, bytes = 10, statistics }: ChunkFacts = {}): Struct {
  return {
    2: ['i64', at],
    3: [
      'struct',
      {
        1: ['i32', type],
        2: ['list', { of: 'i32', items: [0] }],
        3: ['list', { of: 'binary', items: ['a'] }],
        4: ['i32', 0],
        5: ['i64', values],
        6: ['i64', bytes],
        7: ['i64', bytes],
        9: ['i64', at],
        12: statistics === undefined ? undefined : ['struct', statistics],
      },
    ],
  }
}

export interface ChunkFacts {
  readonly values?: number
  readonly at?: number
  readonly bytes?: number
  readonly statistics?: Struct
}

export function rowGroupOf(chunks: readonly Struct[], rows = 1): Struct {
  return { 1: ['list', { of: 'struct', items: chunks }], 2: ['i64', 10], 3: ['i64', rows] }
}

/** A footer of so many rows in these row groups. */
export function footerWith(
  elements: readonly Element[],
  rowGroups: readonly Struct[],
  rows = rowGroups.length,
): Struct {
  const tops = elements.length
  return footerOf(elements, tops, { 3: ['i64', rows], 4: ['list', { of: 'struct', items: rowGroups }] })
}

/** What stands before the items of a long list. */
export function listHead(of: keyof typeof CODES, count: number): Buffer {
  return Buffer.from([0xf0 | CODES[of], ...varint(BigInt(count))])
}

/** The beginning of a field of a struct whose value follows. @param step from the id of the field before */
export function fieldHead(type: keyof typeof CODES, step = 1): Buffer {
  return Buffer.from([(step << 4) | CODES[type]])
}
