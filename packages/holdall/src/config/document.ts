import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type ScalarTag,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { type Path, pathKey } from './path.ts'
import type { ConfigurationProblem, Place } from './report.ts'
import { type Block, block } from './values.ts'

/** A configuration is written by people; what is larger than this is another kind of file. */
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024
/** With aliases counted as often as they are used, so that a short file cannot grow without bound. */
export const MAX_VALUES = 200_000
export const MAX_DEPTH = 64

export interface ConfigDocument {
  /** Blocks have no prototype, so that a table may be called `constructor`. */
  readonly root: Block
  /** Where the path, or what is nearest above it, stands in the file. */
  locate(path: Path): Place | undefined
}

type Fault = Pick<ConfigurationProblem, 'message'> & { readonly at?: number; readonly path?: Path }

/** YAML 1.1, which Datasette reads, also has these for true and false. */
const SPOKEN_BOOLEAN: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|on|On|ON|no|No|NO|off|Off|OFF)$/,
  resolve: (text) => /^(?:yes|on)$/i.test(text),
}

/**
 * A YAML or JSON text (JSON is YAML) as plain values with the place of each.
 * What is wrong with it is handed to `fault`, everything at once; the root is empty then.
 */
export function readDocument(
  bytes: Uint8Array,
  fault: (path: Path, message: string, place?: Place) => void,
): ConfigDocument {
  const nothing: ConfigDocument = { root: block(), locate: () => undefined }
  const text = decode(bytes, (message) => fault([], message))
  if (text === undefined) return nothing

  const lines = new LineCounter()
  const places = new Map<string, Place>()
  const faults: Fault[] = []
  const contents = parse(text, lines, faults)
  const root = faults.length === 0 ? readNodes(contents, places, lines, faults) : undefined

  for (const { path = [], message, at } of faults) fault(path, message, at === undefined ? undefined : place(lines, at))
  return faults.length > 0 ? nothing : { root: root as Block, locate: (path) => locate(places, path) }
}

function parse(text: string, lines: LineCounter, faults: Fault[]): Node | null {
  try {
    const document = parseDocument(text, {
      customTags: (tags) => [SPOKEN_BOOLEAN, ...tags],
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
    })
    for (const { message, pos } of [...document.errors, ...document.warnings]) faults.push({ message, at: pos[0] })
    return document.contents
  } catch (error) {
    // The parser recurses, so that a file of nothing but brackets exhausts the stack.
    faults.push({ message: `cannot be read: ${error instanceof Error ? error.message : String(error)}` })
    return null
  }
}

function decode(bytes: Uint8Array, fault: (message: string) => void): string | undefined {
  if (Buffer.from(bytes.subarray(0, 16)).equals(Buffer.from('SQLite format 3\0'))) {
    fault('is a SQLite database, not a configuration. Name databases without -c.')
    return undefined
  }
  if (bytes.length > MAX_CONFIG_BYTES) {
    fault(`is larger than ${MAX_CONFIG_BYTES} bytes, too large for a configuration.`)
    return undefined
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    fault('is not UTF-8 text.')
    return undefined
  }
}

function readNodes(contents: Node | null, places: Map<string, Place>, lines: LineCounter, faults: Fault[]): unknown {
  let values = 0
  const open = new Set<Node>()
  const anchors = new Map<string, Node>()
  let aliases = 0

  function read(node: unknown, path: Path): unknown {
    if (++values > MAX_VALUES) {
      if (values === MAX_VALUES + 1) faults.push({ message: `holds more than ${MAX_VALUES} values.` })
      return undefined
    }
    if (isAlias(node)) return readAlias(anchors.get(node.source), path, offset(node))
    // An alias means the latest anchor before it; what is read again through an alias does not move it.
    if (aliases === 0 && (isMap(node) || isSeq(node) || isScalar(node)) && node.anchor) anchors.set(node.anchor, node)
    if (path.length > MAX_DEPTH) {
      faults.push({
        path: path.slice(0, MAX_DEPTH),
        message: `is nested deeper than ${MAX_DEPTH} levels.`,
        at: offset(node),
      })
      return undefined
    }
    if (isMap(node)) return readMap(node, path)
    if (isSeq(node)) return readList(node, path)
    return isScalar(node) ? plain(node) : null
  }

  function readAlias(target: Node | undefined, path: Path, at: number | undefined): unknown {
    if (!target || open.has(target)) {
      faults.push({ path, message: 'is an alias of nothing before it, or of what it stands in.', at })
      return undefined
    }
    aliases++
    const value = read(target, path)
    aliases--
    return value
  }

  function readList(node: YAMLSeq, path: Path): unknown[] {
    open.add(node)
    const list = node.items.map((item, index) => {
      mark([...path, index], item)
      return read(item, [...path, index])
    })
    open.delete(node)
    return list
  }

  function readMap(node: YAMLMap, path: Path): Block {
    open.add(node)
    const result = block()
    const merged = block()
    const first = new Map<string, number | undefined>()
    for (const pair of node.items) {
      if (isMerge(pair)) {
        merge(merged, pair.value, path)
        continue
      }
      const name = keyOf(pair)
      const at = offset(pair.key)
      if (name === undefined) {
        faults.push({ path, message: 'has a key that is not a text.', at: at ?? offset(node) })
      } else if (first.has(name)) {
        faults.push({ path: [...path, name], message: `stands here twice${since(first.get(name))}. Remove one.`, at })
      } else {
        first.set(name, at)
        mark([...path, name], pair.key)
        result[name] = read(pair.value, [...path, name])
      }
    }
    open.delete(node)
    for (const name of Object.keys(merged)) if (!first.has(name)) result[name] = merged[name]
    return result
  }

  /** `<<: *base` and `<<: [*one, *two]`: what the block does not say itself; earlier ones win. */
  function merge(merged: Block, value: unknown, path: Path): void {
    const sources = isSeq(value) ? value.items : [value]
    for (const source of sources) {
      const from = read(source, path)
      if (typeof from !== 'object' || from === null || Array.isArray(from)) {
        faults.push({ path, message: '`<<` takes a block or a list of blocks.', at: offset(source) })
        continue
      }
      for (const [name, entry] of Object.entries(from)) if (!Object.hasOwn(merged, name)) merged[name] = entry
    }
  }

  function mark(path: Path, node: unknown): void {
    const at = offset(node)
    if (at !== undefined) places.set(pathKey(path), place(lines, at))
  }

  function since(at: number | undefined): string {
    return at === undefined ? '' : ` (first on line ${place(lines, at).line})`
  }

  const root = read(contents, []) ?? block()
  if (typeof root !== 'object' || Array.isArray(root)) {
    faults.push({
      message: 'must be a block of keys such as `databases:` or `sources:`.',
      at: offset(contents),
    })
  }
  return root
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<'
}

/** As written: a table may be called `2024`, `1.10` or `no`. */
function keyOf({ key }: Pair): string | undefined {
  if (!isScalar(key)) return undefined
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
}

function plain({ value, source }: Scalar): unknown {
  // An integer that a number cannot hold is an identifier: its digits count.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return source ?? String(value)
  return value
}

function offset(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null ? ((node as Node).range?.[0] ?? undefined) : undefined
}

function place(lines: LineCounter, at: number): Place {
  const { line, col } = lines.linePos(at)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

function locate(places: ReadonlyMap<string, Place>, path: Path): Place | undefined {
  for (let length = path.length; length > 0; length--) {
    const found = places.get(pathKey(path.slice(0, length)))
    if (found) return found
  }
  return undefined
}
