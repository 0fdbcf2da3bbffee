import { createHash } from 'node:crypto'
import { HoldallError } from '../../web/error.ts'
import type { Dataset } from '../records.ts'

/** Where a row lies: it stays there for as long as its file is part of the dataset. */
export interface Place {
  /** Which of the data files, from 0. */
  readonly file: number
  /** Which row of it, from 0. */
  readonly row: number
}

type Files = Pick<Dataset, 'files'>

/** For `_before`: the page that nothing follows. */
export const END = 'end'

/** The cursor after a row. It names the file, whose number changes when one before it goes. */
export function encodeCursor({ file, row }: Place, dataset: Files): string {
  return `${namesOf(dataset)[file]}.${row}`
}

/** @throws HoldallError `invalid_cursor`, also for one in a file that was replaced */
export function decodeCursor(cursor: string, dataset: Files): Place {
  const [, name, row] = /^([0-9a-f]{12})\.(\d{1,15})$/.exec(cursor) ?? []
  const file = name === undefined ? -1 : namesOf(dataset).indexOf(name)
  if (file < 0) throw new HoldallError('invalid_cursor')
  return { file, row: Number(row) }
}

/** Behind the last row, in the order of the files. */
export function endOf({ files }: Files): Place {
  const data = files.filter(({ role }) => role === 'data')
  return { file: Math.max(0, data.length - 1), row: data.at(-1)?.rowCount ?? 0 }
}

function namesOf({ files }: Files): string[] {
  return files
    .filter(({ role }) => role === 'data')
    .map(({ sourceId, path }) => createHash('sha256').update(`${sourceId}:${path}`).digest('hex').slice(0, 12))
}
