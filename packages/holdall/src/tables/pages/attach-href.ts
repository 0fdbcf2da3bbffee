import type { Address } from './address.ts'

/** The page of attaching many to a column of a table, for the rows of a list. */
export function attachHref(
  path: string,
  { column, rows, ...more }: { readonly column?: string; readonly rows?: string | undefined; readonly source?: string },
): string {
  const parameters = new URLSearchParams({ ...(column !== undefined && { column }), ...(rows && { rows }), ...more })
  return parameters.size === 0 ? `${path}/-/attach` : `${path}/-/attach?${parameters}`
}

/** The same for the list of an address, which it leads back to. */
export function attachListHref(address: Address): string {
  return attachHref(address.path, { rows: String(new URLSearchParams(address.keep())) })
}
