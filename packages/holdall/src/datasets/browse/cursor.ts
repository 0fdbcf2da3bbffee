import { HoldallError } from '../../web/error.ts'
import type { Dataset } from '../records.ts'

/** Where a row lies: it stays there for as long as the version of its dataset stands. */
export interface Place {
  /** Which of the data files, from 0. */
  readonly file: number
  /** Which row of it, from 0. */
  readonly row: number
}

/** The cursor after a row. */
export function encodeCursor({ file, row }: Place, { version }: Pick<Dataset, 'version'>): string {
  return `v${version}.${file}.${row}`
}

/** @throws HoldallError `invalid_cursor`, also for one of a version that has been replaced */
export function decodeCursor(cursor: string, { version }: Pick<Dataset, 'version'>): Place {
  const [, ofVersion, file, row] = /^v(\d{1,9})\.(\d{1,9})\.(\d{1,15})$/.exec(cursor) ?? []
  if (ofVersion === undefined || Number(ofVersion) !== version) throw new HoldallError('invalid_cursor')
  return { file: Number(file), row: Number(row) }
}
