import type { CompactReader } from './thrift.ts'

const PAIR = { key: 1, value: 2 } as const
const KEY = Buffer.from('geo')
/** It names the columns and their reference systems; more is not looked at. */
const MAX_BYTES = 256 * 1024

/**
 * Reads the list of the file's own notes, and finds the columns that GeoParquet's says are shapes: before the format
 * had a type for them, they were bytes with a note.
 */
export function readGeoColumns(reader: CompactReader): ReadonlySet<string> {
  let note: string | undefined
  for (let left = reader.structs(); left > 0; left -= 1) {
    let isGeo = false
    for (let id = reader.field(0); id !== 0; id = reader.field(id)) {
      if (id === PAIR.key) isGeo = isKey(reader, reader.binary())
      else if (id === PAIR.value && isGeo && note === undefined) note = textOf(reader, reader.binary())
      else reader.skip()
    }
  }
  return columnsOf(note ?? '')
}

/** @param length of the text that ends where the reader is */
function isKey({ bytes, at }: CompactReader, length: number): boolean {
  return length === KEY.length && KEY.every((byte, n) => bytes[at - length + n] === byte)
}

function textOf({ bytes, at }: CompactReader, length: number): string {
  return length > MAX_BYTES ? '' : new TextDecoder().decode(bytes.subarray(at - length, at))
}

function columnsOf(json: string): ReadonlySet<string> {
  try {
    const { columns } = JSON.parse(json) as { columns: Record<string, { encoding?: unknown }> }
    return new Set(Object.keys(columns).filter((name) => columns[name]?.encoding === 'WKB'))
  } catch {
    return new Set()
  }
}
