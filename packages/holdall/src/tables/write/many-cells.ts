import type { DatabaseSync } from 'node:sqlite'
import { quoted } from '../identifiers.ts'
import type { SqliteValue } from '../value.ts'
import {
  type CellOutcome,
  type CellStanding,
  refuse,
  WriteRefused,
  type WriteRequest,
  type Written,
} from './protocol.ts'
import { keyCondition, resolveKey, type TableFacts, tableFacts } from './table-facts.ts'

type Asked = Extract<WriteRequest, { kind: 'attach' | 'detach' | 'compare' }>

/** Writes every cell that still holds what it held, or none: one that changed meanwhile refuses them all. */
export function attach(database: DatabaseSync, request: Asked): Written {
  const facts = factsOf(database, request)
  const update = setter(database, facts, request.column)
  const changed: string[] = []
  for (const { key, before, after } of request.cells) {
    const row = keyOf(database, facts, key)
    if (row === undefined || !update(after, row, before)) changed.push(key)
  }
  if (changed.length > 0) throw new WriteRefused({ kind: 'changed', keys: changed })
  return {}
}

/** Sets back the cells that still hold what was written. One that holds what it held before has been set back already. */
export function detach(database: DatabaseSync, request: Asked): Written {
  const facts = factsOf(database, request)
  const update = setter(database, facts, request.column)
  const read = reader(database, facts, request.column)
  const outcomes = request.cells.map(({ key, before, after }): CellOutcome => {
    const row = keyOf(database, facts, key)
    const now = row && read(row)
    if (row === undefined || now === undefined) return 'gone'
    return now === before || update(before, row, after) ? 'restored' : 'changed'
  })
  return { outcomes }
}

export function compare(database: DatabaseSync, request: Asked): Written {
  const facts = factsOf(database, request)
  const read = reader(database, facts, request.column)
  const standing = request.cells.map(({ key, before, after }): CellStanding => {
    const row = keyOf(database, facts, key)
    const now = row && read(row)
    if (row === undefined || now === undefined) return 'gone'
    return now === after ? 'held' : now === before ? 'restored' : 'changed'
  })
  return { standing }
}

function factsOf(database: DatabaseSync, { table, column }: Asked): TableFacts {
  const facts = tableFacts(database, table)
  if (!facts.columns.includes(column)) refuse(`no such column: ${column}`)
  return facts
}

/** As `resolveKey`; an address that no row can have is that of no row. */
function keyOf(database: DatabaseSync, facts: TableFacts, address: string): SqliteValue[] | undefined {
  try {
    return resolveKey(database, facts, address)
  } catch {
    return undefined
  }
}

function setter(database: DatabaseSync, facts: TableFacts, column: string) {
  const statement = database.prepare(
    `UPDATE ${quoted(facts.name)} SET ${quoted(column)} = ? WHERE ${keyCondition(facts)} AND ${quoted(column)} IS ?`,
  )
  return (value: string | null, row: readonly SqliteValue[], now: string | null) =>
    statement.run(value, ...row, now).changes === 1n
}

/** What a cell holds; undefined where there is no such row. */
function reader(database: DatabaseSync, facts: TableFacts, column: string) {
  const statement = database.prepare(`SELECT ${quoted(column)} FROM ${quoted(facts.name)} WHERE ${keyCondition(facts)}`)
  return (row: readonly SqliteValue[]) => (statement.get(...row) as unknown as [SqliteValue] | undefined)?.[0]
}
