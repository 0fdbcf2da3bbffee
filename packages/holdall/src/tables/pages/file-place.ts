import { tildeDecode, tildeEncode } from '../../web/url.ts'

/** Where a file is opened from. Its address carries it, so that its page has a way back. */
export interface FilePlace {
  /** A cell of the table's list, or the page of the row. */
  readonly from: 'table' | 'row'
  readonly database: string
  readonly table: string
  /** The last part of the row's address. */
  readonly rowKey: string
  readonly column: string
  /** Filters, search and sort of the list: a query string, without its question mark. */
  readonly list: string
}

/** What comes after the address of a file that a column holds, for any of the rows. */
export function placesIn(place: Omit<FilePlace, 'rowKey'>): (rowKey: string) => string {
  const { from, database, table, column, list } = place
  const rest = new URLSearchParams({ column, ...(list !== '' && { list }) })
  const path = encodeURIComponent(`${tildeEncode(database)}/${tildeEncode(table)}/`)
  return (rowKey) => `?from=${from}&row=${path}${encodeURIComponent(rowKey)}&${rest}`
}

/** @param parameters of the address of a file; undefined where it was not opened from a row */
export function readPlace(parameters: URLSearchParams): FilePlace | undefined {
  const from = parameters.get('from')
  const [database, table, rowKey, more] = (parameters.get('row') ?? '').split('/')
  const column = parameters.get('column')
  if ((from !== 'table' && from !== 'row') || !database || !table || !rowKey || more !== undefined || !column) {
    return undefined
  }
  const list = parameters.get('list') ?? ''
  return { from, database: tildeDecode(database), table: tildeDecode(table), rowKey, column, list }
}
