import { CALLED_FUNCTIONS, TABLE_FUNCTIONS } from './functions.ts'
import { QueryRefusal } from './refusal.ts'

// Everything is a list of what is known: a kind of node that a later DuckDB adds is refused until somebody looks at it.

const QUERIES = new Set(['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE', 'CTE_NODE'])
const TABLES = new Set([
  'BASE_TABLE',
  'EMPTY',
  'EXPRESSION_LIST',
  'JOIN',
  'PIVOT',
  'SHOW_REF',
  'SUBQUERY',
  'TABLE_FUNCTION',
])
const EXPRESSIONS = new Set([
  'BETWEEN',
  'CASE',
  'CAST',
  'COLLATE',
  'COLUMN_REF',
  'COMPARISON',
  'CONJUNCTION',
  'CONSTANT',
  'FUNCTION',
  'LAMBDA',
  'LAMBDA_REF',
  'OPERATOR',
  'PARAMETER',
  'POSITIONAL_REFERENCE',
  'STAR',
  'SUBQUERY',
  'WINDOW',
])
/** Modifiers, orders of rows, and what a type is made of. */
const DETAILS = /^(?:(?:LIMIT|LIMIT_PERCENT|ORDER|DISTINCT)_MODIFIER|ORDER_DEFAULT|ASCENDING|DESCENDING|\w+_TYPE_INFO)$/
/** What DESCRIBE and SUMMARIZE of a query are called. */
const SHOWN = new Set(['DESCRIBE', 'SUMMARY'])

type Node = Readonly<Record<string, unknown>>

/**
 * Looks through a tree of `json_serialize_sql`: only known tables are read, those that are named within the statement
 * where they are in sight, and only known functions are called.
 *
 * @throws QueryRefusal
 */
export function walk(root: unknown, tables: readonly string[]): void {
  try {
    visit(root, { tables: new Set(tables.map(folded)), within: new Set() })
  } catch (error) {
    throw error instanceof RangeError ? new QueryRefusal('It is nested too deeply.') : error
  }
}

interface Sight {
  readonly tables: ReadonlySet<string>
  /** Names that WITH gives to queries and that are in sight here. */
  readonly within: ReadonlySet<string>
}

function visit(value: unknown, sight: Sight): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, sight)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const node = value as Node
  if (typeof node.class === 'string') checkExpression(node)
  else if (typeof node.type === 'string') checkKind(node, node.type, sight)
  if (node.type === 'TABLE_FUNCTION') visitTableFunction(node, sight)
  else if (typeof node.type === 'string' && QUERIES.has(node.type)) visitQuery(node, sight)
  else visitMembers(node, sight)
}

function visitMembers(node: Node, sight: Sight, ...without: readonly string[]): void {
  for (const [name, member] of Object.entries(node)) if (!without.includes(name)) visit(member, sight)
}

function checkExpression(node: Node): void {
  if (!EXPRESSIONS.has(String(node.class))) throw new QueryRefusal(`${node.class} is not known here.`)
  if (node.export_state === true) throw new QueryRefusal('EXPORT_STATE is not known here.')
  if (node.class === 'FUNCTION' || node.class === 'WINDOW') {
    const name = String(node.function_name)
    if (!CALLED_FUNCTIONS.has(folded(name)))
      throw new QueryRefusal(
        `The function ${name} is not called here: only what computes its result from its arguments is.`,
      )
  }
}

function checkKind(node: Node, type: string, sight: Sight): void {
  if (!TABLES.has(type)) {
    if (QUERIES.has(type) || DETAILS.test(type)) return
    throw new QueryRefusal(`${type} is not known here.`)
  }
  if (type === 'BASE_TABLE') checkTable(node, sight)
  if (
    type === 'SHOW_REF' &&
    (typeof node.query !== 'object' || node.query === null || !SHOWN.has(String(node.show_type)))
  )
    throw new QueryRefusal(
      'Of SHOW, DESCRIBE and SUMMARIZE only those of a table or a query are run. Write DESCRIBE with the name of a table.',
    )
}

function checkTable({ catalog_name, schema_name, table_name, at_clause }: Node, { tables, within }: Sight): void {
  const [catalog, schema, name] = [catalog_name, schema_name, table_name].map((part) => folded(String(part)))
  const isPlain = catalog === '' && schema === ''
  const isOurs = (catalog === '' || catalog === 'memory') && (schema === '' || schema === 'main')
  const known = (isPlain && within.has(name as string)) || (isOurs && tables.has(name as string))
  if (known && !at_clause) return
  const full = [catalog_name, schema_name, table_name].filter((part) => part !== '').join('.')
  throw new QueryRefusal(full, 'table')
}

/** The function itself is not an expression: it stands where a table stands. Its arguments are. */
function visitTableFunction(node: Node, sight: Sight): void {
  const call = node.function as Node
  const name = String(call?.function_name)
  if (call?.class !== 'FUNCTION' || !TABLE_FUNCTIONS.has(folded(name)))
    throw new QueryRefusal(
      `The function ${name} does not make tables here. A file is asked once it is a dataset of this collection.`,
    )
  visitMembers(call, sight)
  visitMembers(node, sight, 'function')
}

/** A name of WITH is in sight of the queries that follow it and of the query itself; of its own only where it recurs. */
function visitQuery(node: Node, sight: Sight): void {
  let inner = sight
  for (const { key, value } of namedQueries(node)) {
    visit(value, inner)
    inner = seeing(inner, key)
  }
  if (node.type === 'CTE_NODE') {
    visit(node.query, inner)
    visitMembers(node, seeing(inner, node.cte_name), 'cte_map', 'query')
    return
  }
  if (node.type === 'RECURSIVE_CTE_NODE') {
    visit(node.right, seeing(inner, node.cte_name))
    visitMembers(node, inner, 'cte_map', 'right')
    return
  }
  visitMembers(node, inner, 'cte_map')
}

function namedQueries({ cte_map }: Node): readonly { key: unknown; value: unknown }[] {
  return ((cte_map as Node | undefined)?.map ?? []) as { key: unknown; value: unknown }[]
}

function seeing({ tables, within }: Sight, name: unknown): Sight {
  return { tables, within: new Set([...within, folded(String(name))]) }
}

/** As DuckDB compares names: it knows capitals of ASCII only. */
function folded(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
