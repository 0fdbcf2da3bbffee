import { unreadable } from './refusals.ts'

/** The types of Thrift's compact protocol that a footer has. */
const TRUE = 1
const FALSE = 2
const I8 = 3
const I16 = 4
const I32 = 5
const I64 = 6
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const SET = 10
const MAP = 11
const STRUCT = 12
const UUID = 13

const MAX_FIELD_ID = 32_767
const MAX_VARINT_BYTES = 10
/** Of values within values that nobody asked for. */
const MAX_SKIP_DEPTH = 64
/** From here on JavaScript does not count exactly: 2 ** 53, in the 36 bits above the first 28. */
const MAX_HIGH = 2 ** 26

/**
 * Reads Thrift's compact protocol where it lies, making no object of its own.
 *
 * Whatever the bytes claim, no loop runs longer than there are bytes left: lengths and sizes are held against them, a
 * varint ends after ten, and the ids of a struct's fields rise, as they do with everything that writes Parquet.
 *
 * @example
 * for (let id = reader.field(0); id !== 0; id = reader.field(id)) {
 *   if (id === 3) rows = reader.i64()
 *   else reader.skip()
 * }
 *
 * @throws HoldallError `parquet_invalid` from every method, for bytes that are not what was asked for
 */
export class CompactReader {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Where the next byte is. */
  at = 0
  readonly #end: number
  /** Of the field that was begun last. */
  #type = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#end = bytes.length
  }

  /** The id of the next field of a struct, 0 at its end. @param after the id of the one before, 0 at the beginning */
  field(after: number): number {
    const header = this.#byte()
    if (header === 0) return 0
    this.#type = header & 0x0f
    const step = header >> 4
    const id = step === 0 ? this.#signed() : after + step
    if (id <= after || id > MAX_FIELD_ID) throw unreadable('the fields of its footer are not in order')
    return id
  }

  bool(): boolean {
    if (this.#type !== TRUE && this.#type !== FALSE) throw wrongType()
    return this.#type === TRUE
  }

  i8(): number {
    this.#expect(I8)
    return (this.#byte() << 24) >> 24
  }

  i32(): number {
    this.#expect(I32)
    return this.#int32()
  }

  /** Exact: a number that JavaScript cannot count exactly is refused. */
  i64(): number {
    this.#expect(I64)
    return this.#signed()
  }

  /** Goes past the bytes of a string. They are the last of those before `at`. → how many they are */
  binary(): number {
    this.#expect(BINARY)
    const length = this.#size(1)
    this.at += length
    return length
  }

  /** Begins a list of structs; each has its fields at once. → how many there are */
  structs(): number {
    this.#expect(LIST)
    return this.#listOf(STRUCT)
  }

  /** Says that the field is a struct, whose fields follow. */
  struct(): void {
    this.#expect(STRUCT)
  }

  /** Goes past the value of the field that was begun last. */
  skip(): void {
    // The value of such a field is in its type.
    if (this.#type !== TRUE && this.#type !== FALSE) this.#skip(this.#type, 0)
  }

  /** Goes past the fields of a struct from the one after `after` on. */
  skipRest(after: number): void {
    for (let id = this.field(after); id !== 0; id = this.field(id)) this.skip()
  }

  #skip(type: number, depth: number): void {
    if (depth > MAX_SKIP_DEPTH)
      throw unreadable(`its footer has values within values, more than ${MAX_SKIP_DEPTH} deep`)
    switch (type) {
      case TRUE:
      case FALSE:
      case I8:
        this.#move(1)
        break
      case I16:
      case I32:
      case I64:
        this.#skipVarint()
        break
      case DOUBLE:
        this.#move(8)
        break
      case BINARY:
        this.#move(this.#size(1))
        break
      case LIST:
      case SET:
        this.#skipList(depth)
        break
      case MAP:
        this.#skipMap(depth)
        break
      case STRUCT:
        this.#skipStruct(depth)
        break
      case UUID:
        this.#move(16)
        break
      default:
        throw wrongType()
    }
  }

  #skipStruct(depth: number): void {
    for (let id = this.field(0); id !== 0; id = this.field(id)) {
      if (this.#type !== TRUE && this.#type !== FALSE) this.#skip(this.#type, depth + 1)
    }
  }

  #skipList(depth: number): void {
    const header = this.#byte()
    const type = header & 0x0f
    const count = header >> 4 === 15 ? this.#size(1) : header >> 4
    for (let n = 0; n < count; n += 1) this.#skip(type, depth + 1)
  }

  #skipMap(depth: number): void {
    const count = this.#size(2)
    if (count === 0) return
    const types = this.#byte()
    for (let n = 0; n < count; n += 1) {
      this.#skip(types >> 4, depth + 1)
      this.#skip(types & 0x0f, depth + 1)
    }
  }

  #listOf(wanted: number): number {
    const header = this.#byte()
    const count = header >> 4 === 15 ? this.#size(1) : header >> 4
    if (count > 0 && (header & 0x0f) !== wanted) throw wrongType()
    return count
  }

  /** A number of things that take at least `each` bytes. */
  #size(each: number): number {
    const size = this.#unsigned()
    if (size * each > this.#end - this.at) throw cutOff()
    return size
  }

  #unsigned(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    let unit = 128
    for (let n = 1; n < 5; n += 1) {
      const byte = this.#byte()
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
      unit *= 128
    }
    throw unreadable('a length in its footer is longer than any file')
  }

  #int32(): number {
    const value = this.#signed()
    if ((value | 0) !== value) throw unreadable('its footer has a number that is larger than its type')
    return value
  }

  /** A zigzag varint. Its low 28 bits and those above are kept apart, because bitwise operators end at 32. */
  #signed(): number {
    const first = this.#byte()
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let low = first & 0x7f
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.#byte()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    }
    let high = 0
    let unit = 1
    for (let n = 4; n < MAX_VARINT_BYTES; n += 1) {
      const byte = this.#byte()
      high += (byte & 0x7f) * unit
      if (byte < 0x80) {
        if (high >= MAX_HIGH) throw unreadable('its footer has a number past 9,007,199,254,740,991')
        const half = high * 2 ** 27 + (low >>> 1)
        return (low & 1) === 0 ? half : -half - 1
      }
      unit *= 128
    }
    throw unreadable('its footer has a number that does not end')
  }

  #skipVarint(): void {
    for (let n = 0; n < MAX_VARINT_BYTES; n += 1) {
      if (this.#byte() < 0x80) return
    }
    throw unreadable('its footer has a number that does not end')
  }

  #byte(): number {
    if (this.at >= this.#end) throw cutOff()
    const byte = this.bytes[this.at] as number
    this.at += 1
    return byte
  }

  #move(length: number): void {
    if (length > this.#end - this.at) throw cutOff()
    this.at += length
  }

  #expect(type: number): void {
    if (this.#type !== type) throw wrongType()
  }
}

function cutOff() {
  return unreadable('its footer ends too early')
}

function wrongType() {
  return unreadable('its footer has another type of value than the format says')
}
