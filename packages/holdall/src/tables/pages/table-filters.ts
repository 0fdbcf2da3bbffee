import type { Html } from '../../web/html.ts'
import { filterBar } from '../../web/parts/chips.ts'
import type { Address } from './address.ts'
import { conditionsOf } from './conditions.ts'
import { filterKind } from './filter-kinds.ts'
import type { Listing } from './listing.ts'
import { operatorChoices } from './operator-words.ts'

/** The filters of a page as chips, and the form for another one. */
export function tableFilters({ page, fileColumns, fileOperators, labels }: Listing, address: Address): Html {
  const { table, references } = page
  const all = conditionsOf(page, fileColumns, address.parameters, labels)
  const conditions = all.filter(({ name }) => name !== '_search')
  const asked = address.parameters.get('_change')
  const changing = conditions.find((condition) => condition.operator !== null && changeOf(condition) === asked)
  const left = changing ? address.less(changing.name, changing.value) : address
  const kindOf = (name: string) => filterKind({ table, fileColumns, references }, name)
  const columns = table.columns
    .filter(({ hidden }) => hidden !== 1)
    .map(({ name }) => ({ value: name, label: name, kind: kindOf(name) }))
  const changed = changing && { kind: kindOf(changing.words.field), operator: changing.operator as string }
  return filterBar({
    filters: conditions.map((condition) => ({
      ...condition.words,
      removeHref: address.without(condition.name, condition.value),
      ...(condition.operator !== null && { href: address.with({}, { _change: changeOf(condition) }) }),
    })),
    add: {
      action: address.path,
      keep: left.keep(),
      columns,
      operators: [...new Set(columns.map(({ kind }) => kind))].map((kind) => ({
        kind,
        choices: operatorChoices(kind, changed?.kind === kind ? changed.operator : undefined, fileOperators),
      })),
      values: [...labels.offered].flatMap(([column, rows]) => rows.map(({ label }) => ({ value: label, column }))),
      ...(changing && {
        changing: { column: changing.words.field, operator: changing.operator as string, value: changing.words.value },
      }),
    },
    clearHref: address.with(Object.fromEntries(conditions.map(({ name }) => [name, null]))),
  })
}

/** How an address says which of its filters is open. */
function changeOf({ name, value }: { readonly name: string; readonly value: string }): string {
  return `${name}=${value}`
}
