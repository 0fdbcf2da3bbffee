import { REPETITION, readElement, type SchemaElement } from './element.ts'
import { groupType } from './group-type.ts'
import type { ParquetLimits } from './limits.ts'
import { logicalName } from './logical-name.ts'
import { type Order, orderOf } from './order.ts'
import { pastLimit, unreadable } from './refusals.ts'
import type { CompactReader } from './thrift.ts'
import { leafType, quote } from './types.ts'

/** Of all names together. No table has that many words in its header; without a limit they would fill the memory. */
const MAX_NAME_BYTES = 4 * 1024 ** 2
/** Levels between two at which the text of a type is made one piece: until then it is a tree of its parts. */
const LEVELS_IN_PARTS = 8

/** A column of the table: plain values, or leaves from `firstLeaf` to before `endLeaf`. */
export interface TopColumn {
  readonly element: SchemaElement
  /** As DuckDB names it. */
  readonly type: string
  readonly logicalType: string | null
  readonly firstLeaf: number
  readonly endLeaf: number
  /** Whether its one leaf has exactly one value, or null, for each row. */
  readonly isFlat: boolean
}

/** What has values: the schema's elements without children. */
export interface Leaf {
  readonly element: SchemaElement & { readonly physical: number }
  /** As DuckDB names it. */
  readonly type: string
  readonly isFlat: boolean
  /** How its statistics compare. */
  readonly order: Order
}

export interface Schema {
  readonly columns: readonly TopColumn[]
  readonly leaves: readonly Leaf[]
}

/** Reads the list of elements that is the tree of columns, depth first, and tells what is past a limit as soon as it is. */
export function readSchema(reader: CompactReader, limits: ParquetLimits): Schema {
  let left = reader.structs()
  let nameBytes = MAX_NAME_BYTES
  const leaves: Leaf[] = []
  const root = next()
  const columns: TopColumn[] = []
  for (let more = childrenOf(root); more > 0; more -= 1) {
    const firstLeaf = leaves.length
    const { element, type } = node(1, root)
    const endLeaf = leaves.length
    const isFlat = element.children === 0 && element.repetition !== REPETITION.repeated
    columns.push({ element, type, logicalType: logicalName(element), firstLeaf, endLeaf, isFlat })
  }
  if (left > 0) throw unreadable(`its schema has ${left} columns too many`)
  return { columns, leaves }

  function next(): SchemaElement {
    if (left === 0) throw unreadable('its schema has fewer columns than it says')
    left -= 1
    const element = readElement(reader, nameBytes)
    nameBytes -= Buffer.byteLength(element.name)
    return element
  }

  function node(depth: number, parent: SchemaElement): { element: SchemaElement; type: string } {
    const element = next()
    if (depth > limits.depth) throw pastLimit('depth', depth, limits.depth)
    if (element.children === 0) return { element, type: leaf(element, depth) }
    const children = []
    for (let more = childrenOf(element); more > 0; more -= 1) {
      const child = node(depth + 1, element)
      children.push({ name: child.element.name, type: child.type })
    }
    const type = groupType(element, children, parent)
    return { element, type: depth % LEVELS_IN_PARTS === 1 ? inOnePiece(type) : type }
  }

  function leaf(element: SchemaElement, depth: number): string {
    if (!isStored(element)) throw unreadable(`its column ${quote(element.name)} has neither a type nor columns within`)
    const isFlat = depth === 1 && element.repetition !== REPETITION.repeated
    const type = leafType(element)
    leaves.push({ element, type, isFlat, order: orderOf(element) })
    if (leaves.length > limits.leaves) throw pastLimit('leaves', leaves.length, limits.leaves)
    return element.repetition === REPETITION.repeated ? `${type}[]` : type
  }

  function childrenOf({ children }: SchemaElement): number {
    if (children < 1 || children > left) throw unreadable(`a group of its schema has ${children} columns within`)
    return children
  }
}

function isStored(element: SchemaElement): element is SchemaElement & { readonly physical: number } {
  return element.physical !== undefined
}

function inOnePiece(text: string): string {
  return Buffer.from(text).toString()
}
