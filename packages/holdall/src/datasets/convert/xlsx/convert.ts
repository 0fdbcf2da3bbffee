import type { DuckDBConnection } from '@duckdb/node-api'
import { type Conversion, type ConversionFiles, writeParquet } from '../delimited.ts'
import { CannotConvert, type Sheet } from '../refusal.ts'
import { openArchive } from './archive.ts'
import { chosenSheets, namesOf, offered, othersLine } from './sheets.ts'
import { writeSheet } from './table.ts'
import { readWorkbook, type Workbook } from './workbook.ts'

/**
 * One sheet of an Excel file: the one that is asked for, or the first that is shown and not empty.
 *
 * @throws CannotConvert, with the sheets where another one may do, and what DuckDB throws
 */
export async function convertExcel(
  connection: DuckDBConnection,
  files: ConversionFiles,
  asked?: string,
): Promise<Conversion> {
  const archive = await openArchive(files.source.handle.fd)
  const workbook = await readWorkbook(archive)
  const sheets = offered(workbook.sheets)
  try {
    for (const sheet of chosenSheets(workbook.sheets, asked)) {
      const conversion = await convertSheet(connection, files, { archive, workbook, sheet })
      if (conversion !== undefined) return { ...conversion, sheets }
    }
    const empty = asked === undefined ? 'all of its sheets are empty' : `its sheet “${asked}” is empty`
    if (workbook.sheets.every(({ hidden }) => hidden)) throw new CannotConvert('it shows no sheet')
    throw new CannotConvert(empty + namesOf(workbook.sheets))
  } catch (error) {
    const isHelped = asked === undefined ? sheets.length > 1 : sheets.length > 0
    if (error instanceof CannotConvert && isHelped) error.sheets = sheets
    throw error
  }
}

interface Place {
  readonly archive: Awaited<ReturnType<typeof openArchive>>
  readonly workbook: Workbook
  readonly sheet: Sheet & { readonly path: string }
}

/** @returns undefined when the sheet is empty */
async function convertSheet(
  connection: DuckDBConnection,
  { scratch, target }: ConversionFiles,
  { archive, workbook, sheet: { name, path } }: Place,
): Promise<Conversion | undefined> {
  const sheet = await writeSheet(archive, path, workbook, scratch.handle)
  if (sheet === undefined) return undefined
  if (sheet.rows === 0) {
    throw new CannotConvert(
      `the sheet “${name}” names its columns and has no rows, so that nothing tells what they hold`,
    )
  }
  const { rows } = await writeParquet(
    connection,
    {
      path: scratch.path,
      delimiter: ',',
      hasHeader: false,
      names: sheet.names,
      columns: sheet.columns,
      width: sheet.width,
      isText: sheet.isText,
      rowLength: Math.max(1, sheet.size / sheet.rows),
    },
    target,
  )
  if (rows !== sheet.rows) throw new Error(`${rows} rows were written of ${sheet.rows}`)
  const others = othersLine(workbook.sheets, name)
  return {
    rows,
    warnings: [...(others === undefined ? [] : [{ column: null, message: others }]), ...sheet.warnings],
    hasHeader: sheet.hasHeader,
    sheet: name,
  }
}
