/** The address of a page with parameters, of which links change one or two. */
export interface Address {
  readonly parameters: URLSearchParams
  /** Without the parameters: where forms lead. */
  readonly path: string
  /** The same with some parameters set, and with those that are null taken out. The place in the pages is given up. */
  with(changes: Readonly<Record<string, string | null>>): string
  /** Without one pair of name and value. */
  without(name: string, value: string): string
  /** What a form has to carry along, beside the fields of these names. */
  keep(...except: string[]): [string, string][]
}

/** What says where in the pages one is. */
const PLACE = ['_next', 'cursor']

export function addressOf(path: string, parameters: URLSearchParams): Address {
  function write(changed: URLSearchParams): string {
    for (const name of PLACE) changed.delete(name)
    return changed.size === 0 ? path : `${path}?${changed}`
  }
  return {
    parameters,
    path,
    with(changes) {
      const changed = new URLSearchParams(parameters)
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) changed.delete(name)
        else changed.set(name, value)
      }
      return write(changed)
    },
    without(name, value) {
      const changed = new URLSearchParams(parameters)
      changed.delete(name, value)
      return write(changed)
    },
    keep(...except) {
      const left = [...PLACE, ...except]
      return [...parameters].filter(([name]) => !left.includes(name))
    },
  }
}
