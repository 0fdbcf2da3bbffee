import type { DuckDBConnection } from '@duckdb/node-api'
import { formatNumber } from '../../../web/format.ts'
import { type Conversion, type ConversionFiles, writeParquet } from '../delimited.ts'
import { CannotConvert } from '../refusal.ts'
import { openArchive } from './archive.ts'
import { writeSheet } from './table.ts'
import { readWorkbook } from './workbook.ts'

/** The first sheet of an Excel file that is not empty. @throws CannotConvert, and what DuckDB throws */
export async function convertExcel(
  connection: DuckDBConnection,
  { source, scratch, target }: ConversionFiles,
): Promise<Conversion> {
  const archive = await openArchive(source.handle.fd)
  const workbook = await readWorkbook(archive)
  for (const { name, path } of workbook.sheets) {
    const sheet = await writeSheet(archive, path, workbook, scratch.handle)
    if (sheet === undefined) continue
    if (sheet.rows === 0) {
      throw new CannotConvert(
        `the sheet “${name}” names its columns and has no rows, so that nothing tells what they hold`,
      )
    }
    const rows = await writeParquet(
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
    const others = workbook.sheets.length - 1
    const chosen = `The sheet “${name}” was read, and ${others === 1 ? 'the other one was' : `the ${formatNumber(others)} others were`} not.`
    return {
      rows,
      warnings: [...(others > 0 ? [{ column: null, message: chosen }] : []), ...sheet.warnings],
      hasHeader: sheet.hasHeader,
      sheet: name,
    }
  }
  throw new CannotConvert(workbook.sheets.length === 0 ? 'it shows no sheet' : 'all of its sheets are empty')
}
