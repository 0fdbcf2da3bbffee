import { pageNames } from '../place.ts'
import type { Table } from '../schema.ts'

/** The address of a page with parameters, of which links change one or two. */
export interface Address {
  readonly parameters: URLSearchParams
  /** Without the parameters: where forms lead. */
  readonly path: string
  /** The same with some parameters set, and with those that are null taken out. The place in the pages is given up; `more` is only for this link. */
  with(changes: Readonly<Record<string, string | null>>, more?: Readonly<Record<string, string>>): string
  /** Without one pair of name and value. */
  without(name: string, value: string): string
  /** The same address without that pair, to make others from. */
  less(name: string, value: string): Address
  /** What a form has to carry along, beside the fields of these names. */
  keep(...except: string[]): [string, string][]
}

/** Which filter is open. */
const OPEN = '_change'

export function addressOf(path: string, parameters: URLSearchParams, table: Table): Address {
  const place = [...pageNames(table), OPEN]
  function write(changed: URLSearchParams, more: Readonly<Record<string, string>> = {}): string {
    for (const name of place) changed.delete(name)
    for (const [name, value] of Object.entries(more)) changed.set(name, value)
    return changed.size === 0 ? path : `${path}?${changed}`
  }
  function lacking(name: string, value: string): URLSearchParams {
    const changed = new URLSearchParams(parameters)
    changed.delete(name, value)
    return changed
  }
  return {
    parameters,
    path,
    with(changes, more) {
      const changed = new URLSearchParams(parameters)
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) changed.delete(name)
        else changed.set(name, value)
      }
      return write(changed, more)
    },
    without: (name, value) => write(lacking(name, value)),
    less: (name, value) => addressOf(path, lacking(name, value), table),
    keep(...except) {
      const left = [...place, ...except]
      return [...parameters].filter(([name]) => !left.includes(name))
    },
  }
}
