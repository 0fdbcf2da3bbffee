import { LOGICAL } from './annotation.ts'
import { CONVERTED, REPETITION, type SchemaElement } from './element.ts'
import { unreadable } from './refusals.ts'
import { quote } from './types.ts'

interface Child {
  readonly name: string
  /** As DuckDB names it. */
  readonly type: string
}

/**
 * The DuckDB type of a group, by DuckDB's rules: lists and maps have one or two groups around their values that are no
 * structs, in forms that changed over the years.
 *
 * @throws HoldallError `parquet_invalid` for a map without a key or a value
 */
export function groupType(element: SchemaElement, children: readonly Child[], parent: SchemaElement): string {
  const { converted, annotation } = element
  const isRepeated = element.repetition === REPETITION.repeated
  if (annotation?.id === LOGICAL.variant) return isRepeated ? 'VARIANT[]' : 'VARIANT'
  if (converted === CONVERTED.mapKeyValue || (parent.converted === CONVERTED.map && parent.children === 1)) {
    const [key, value, ...more] = children
    if (key === undefined || value === undefined || more.length > 0 || !isRepeated)
      throw unreadable(`its column ${quote(element.name)} is a map that is not made of keys and values`)
    return `MAP(${key.type}, ${value.type})`
  }
  const isWrapper = isRepeated || converted === CONVERTED.list || converted === CONVERTED.map
  const [only] = children
  const type = only !== undefined && children.length === 1 && isWrapper ? only.type : structType(children)
  return isRepeated ? `${type}[]` : type
}

function structType(children: readonly Child[]): string {
  const fields = distinct(children.map(({ name }) => name)).map((name, n) => `${identifier(name)} ${children[n]?.type}`)
  return `STRUCT(${fields.join(', ')})`
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Names that differ also without regard to case, as DuckDB makes them: `a`, `A_1`. */
function distinct(names: readonly string[]): readonly string[] {
  if (names.length === 1) return names
  const times = new Map<string, number>()
  return names.map((given) => {
    let name = given
    for (let seen = times.get(fold(name)); seen !== undefined; seen = times.get(fold(name))) {
      times.set(fold(name), seen + 1)
      name = `${name}_${seen + 1}`
    }
    times.set(fold(name), 0)
    return name
  })
}

/** DuckDB folds ASCII only. */
function fold(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
