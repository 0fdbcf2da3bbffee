import type { Address } from './address.ts'

/** The page on which many files are attached to the rows of a list, which leads back to it. */
export function attachHref(address: Address): string {
  const list = new URLSearchParams(address.keep())
  const path = `${address.path}/-/attach`
  return list.size === 0 ? path : `${path}?${new URLSearchParams({ rows: String(list) })}`
}
