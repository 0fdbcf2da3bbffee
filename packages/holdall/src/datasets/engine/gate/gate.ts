import { noSelect } from './instead.ts'
import { assertLength } from './length.ts'
import { QueryRefusal } from './refusal.ts'
import { walk } from './walk.ts'

/** Semicolons at the end that are tried to be left out. */
const MAX_TRIES = 8

/** DuckDB's own parser: gives what `json_serialize_sql` gives. */
export type Serialize = (sql: string) => Promise<string>

export interface PassedQuery {
  /** The same statement as what was asked, without a semicolon, as a table that gives at most `rows` rows. */
  limitedTo(rows: number): string
  /** The same without a limit. */
  readonly all: string
}

/**
 * Lets exactly one SELECT pass that reads known tables only and calls known functions only, judged by the syntax tree
 * that DuckDB itself makes of it.
 *
 * @param tables the names that may be read, as DuckDB knows them
 * @throws QueryRefusal with a reason that may be shown
 */
export async function passGate(sql: string, tables: readonly string[], serialize: Serialize): Promise<PassedQuery> {
  assertLength(sql)
  if (sql.includes('\0')) throw new QueryRefusal('It contains a NUL character.')
  const node = onlyStatement(await parse(sql, serialize), sql)
  walk(node, tables)
  const statement = await withoutSemicolon(sql, node, serialize)
  const all = asTable(statement)
  return { all, limitedTo: (rows) => `${all} LIMIT ${rows}` }
}

/** The line break ends a comment at the end of the statement. */
function asTable(statement: string): string {
  return `SELECT * FROM (${statement}\n) AS answer`
}

interface Tree {
  readonly error: boolean
  readonly error_message?: string
  readonly statements?: readonly { readonly node: unknown }[]
}

async function parse(sql: string, serialize: Serialize): Promise<Tree> {
  const text = await serialize(sql)
  try {
    return JSON.parse(text) as Tree
  } catch {
    throw new QueryRefusal('It is nested too deeply.')
  }
}

function onlyStatement({ error, error_message, statements = [] }: Tree, sql: string): unknown {
  if (error) {
    throw /^Only SELECT/.test(error_message ?? '')
      ? new QueryRefusal(noSelect(sql))
      : new QueryRefusal(error_message ?? 'It cannot be read.', 'syntax')
  }
  const [first, ...others] = statements
  if (first === undefined) throw new QueryRefusal('There is no statement in it. Write one SELECT.')
  if (others.length > 0)
    throw new QueryRefusal('Only a single statement is run; this is more than one. Send them one by one.')
  return first.node
}

/**
 * What is run is the statement within a SELECT of ours, so what ends it must go. Where a text really ends is left to
 * DuckDB: cut off is what changes nothing, and what was made must contain exactly the tree that was looked through.
 */
async function withoutSemicolon(sql: string, node: unknown, serialize: Serialize): Promise<string> {
  const wanted = canonical(node)
  let end = sql.length
  for (let tries = 0; tries < MAX_TRIES && end >= 0; tries++) {
    const statement = sql.slice(0, end)
    if (canonical(withinOurs(await parse(asTable(statement), serialize))) === wanted) return statement
    end = sql.lastIndexOf(';', end - 1)
    if (end === -1) break
  }
  throw new QueryRefusal('It cannot be read as a table. Leave out what follows the statement.')
}

interface OurSelect {
  readonly from_table?: { readonly type?: string; readonly subquery?: { readonly node?: unknown } }
}

function withinOurs({ error, statements = [] }: Tree): unknown {
  const [first, ...others] = statements
  if (error || first === undefined || others.length > 0) return undefined
  const { from_table } = first.node as OurSelect
  return from_table?.type === 'SUBQUERY' ? from_table.subquery?.node : undefined
}

function canonical(node: unknown): string | undefined {
  return JSON.stringify(node, (key, value: unknown) => (key === 'query_location' ? undefined : value))
}
