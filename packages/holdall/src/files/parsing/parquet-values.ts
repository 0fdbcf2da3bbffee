import { type FileMetaData, type ParquetParsers, parquetSchema, type SchemaElement, type SchemaTree } from 'hyparquet'
import { dateText, momentText, scalarOf } from './parquet-scalars.ts'

const decoder = new TextDecoder()

/** What has no element of its own in the schema, or is no plain integer there: INT96, and values within VARIANT. */
export const EXACT_PARSERS: Partial<ParquetParsers> = {
  dateFromDays: (days) => dateText(BigInt(days)),
  timestampFromNanoseconds: (nanos) => momentText(nanos, 'NANOS'),
  timestampFromMicroseconds: (micros) => momentText(micros, 'MICROS'),
  // As it is written: parsed, long numbers would lose digits.
  jsonFromBytes: (bytes) => bytes && decoder.decode(bytes),
}

/**
 * Metadata whose values are read as they are stored: the library makes floating-point numbers of decimals, and milliseconds
 * of all times. `writtenValue` makes of them what is meant.
 */
export function asStored(metadata: FileMetaData): FileMetaData {
  const written = new Set<SchemaElement>()
  collect(parquetSchema(metadata), written)
  return { ...metadata, schema: metadata.schema.map((element) => (written.has(element) ? bare(element) : element)) }
}

function collect(node: SchemaTree, written: Set<SchemaElement>): void {
  if (isVariant(node)) return
  if (node.children.length === 0 && scalarOf(node.element) !== undefined) written.add(node.element)
  for (const child of node.children) collect(child, written)
}

function bare({ converted_type, logical_type, ...element }: SchemaElement): SchemaElement {
  return element
}

/** Whether a column holds decimals in byte arrays of any length, which must not become text. */
export function hasByteDecimals(node: SchemaTree): boolean {
  const { element, children } = node
  if (children.length > 0) return children.some(hasByteDecimals)
  return element.type === 'BYTE_ARRAY' && scalarOf(element) !== undefined
}

/** A value read with `asStored`, as its column means it; lists, structs and maps stay what they are. */
export function writtenValue(node: SchemaTree, value: unknown): unknown {
  if (value === null || value === undefined || isVariant(node)) return value
  if (Array.isArray(value)) return value.map((item) => writtenValue(node, item))
  const { element, children } = node
  if (children.length === 0) return scalarOf(element)?.(value) ?? value
  const [first] = children
  if (element.converted_type === 'LIST' && children.length === 1 && first !== undefined)
    return writtenValue(first.children.length === 1 && first.children[0] ? first.children[0] : first, value)
  if (typeof value !== 'object') return value
  if (element.converted_type === 'MAP' && children.length === 1 && first?.children.length === 2)
    return writtenMap(first.children, value)
  const byName = new Map(children.map((child) => [child.element.name, child]))
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const child = byName.get(name)
      return [name, child ? writtenValue(child, inner) : inner]
    }),
  )
}

/** Keys have become names of properties, and so texts, already. */
function writtenMap([key, item]: readonly SchemaTree[], value: object): unknown {
  const write =
    key !== undefined && ['INT32', 'INT64'].includes(key.element.type ?? '') ? scalarOf(key.element) : undefined
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [write?.(name) ?? name, item ? writtenValue(item, inner) : inner]),
  )
}

function isVariant({ element }: SchemaTree): boolean {
  return element.logical_type?.type === 'VARIANT'
}
