import { formatNumber } from '../../../web/format.ts'
import { MAX_SHEET_BYTES, MAX_SHEET_COLUMNS } from '../limits.ts'
import { CannotConvert } from '../refusal.ts'
import type { Archive } from './archive.ts'
import { dateText } from './dates.ts'
import type { Workbook } from './workbook.ts'
import { readXml } from './xml.ts'

export interface Cell {
  /** From 0. */
  readonly column: number
  readonly value: string
  readonly kind: 'text' | 'value' | 'error'
}

export interface Row {
  /** As the sheet counts them, from 1. */
  readonly number: number
  /** Those that are not empty. */
  readonly cells: readonly Cell[]
}

/**
 * The rows of a sheet that are not empty, in their order, one after the other. Of a formula it is its last value that
 * counts.
 *
 * @param take is given each row; rows are made no faster than it returns
 */
export async function readRows(
  archive: Archive,
  path: string,
  workbook: Workbook,
  { take, flush }: { take(row: Row): void; flush(): Promise<void> | undefined },
): Promise<void> {
  const { texts, kinds, is1904 } = workbook
  let number = 0
  let cells: Cell[] = []
  let column = -1
  let type = 'n'
  let style = 0
  let value = ''
  let takes = false
  let isSound = false

  function endCell(): void {
    if (value === '' && type !== 'inlineStr' && type !== 's') return
    const cell = cellOf()
    if (cell !== undefined) cells.push(cell)
  }

  function cellOf(): Cell | undefined {
    switch (type) {
      case 's': {
        const text = texts[Number(value)]
        if (value === '') return undefined
        if (text === undefined)
          throw new CannotConvert(`row ${formatNumber(number)} refers to a text that is not there`)
        return text === '' ? undefined : { column, value: text, kind: 'text' }
      }
      case 'str':
      case 'inlineStr':
        return value === '' ? undefined : { column, value, kind: 'text' }
      case 'b':
        return { column, value: value === '1' || value === 'true' ? 'true' : 'false', kind: 'value' }
      case 'e':
        return { column, value, kind: 'error' }
      case 'd':
        return { column, value: value.replace(/T00:00:00(?:\.0+)?$/, ''), kind: 'value' }
      default: {
        const kind = kinds[style] ?? 'number'
        const date = kind === 'number' ? undefined : dateText(Number(value), kind, is1904)
        return { column, value: date ?? value, kind: 'value' }
      }
    }
  }

  await readXml(
    archive.read(path, MAX_SHEET_BYTES),
    {
      open(name, attributes) {
        if (name === 'c') {
          column = attributes.r === undefined ? column + 1 : columnOf(attributes.r)
          type = attributes.t ?? 'n'
          style = Number(attributes.s ?? 0)
          value = ''
        } else if (name === 'row') {
          number = attributes.r === undefined ? number + 1 : Number(attributes.r)
          cells = []
          column = -1
        } else if (name === 'rPh') isSound = true
        takes = name === 'v' || (name === 't' && !isSound)
      },
      text(piece) {
        if (takes) value += piece
      },
      close(name) {
        takes = false
        if (name === 'c') endCell()
        else if (name === 'rPh') isSound = false
        else if (name === 'row' && cells.length > 0) take({ number, cells })
      },
    },
    flush,
  )
}

/** `AB12` is in column 27. @throws CannotConvert beyond what Excel has */
function columnOf(reference: string): number {
  let column = 0
  for (let at = 0; at < reference.length; at++) {
    const letter = reference.charCodeAt(at) & ~0x20
    if (letter < 65 || letter > 90) break
    column = column * 26 + letter - 64
    if (column > MAX_SHEET_COLUMNS) {
      throw new CannotConvert(`it has a cell beyond column ${formatNumber(MAX_SHEET_COLUMNS)}, which no Excel file has`)
    }
  }
  if (column === 0) throw new CannotConvert('it has a cell that is nowhere')
  return column - 1
}
