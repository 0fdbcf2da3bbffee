import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { type PreviewOptions, preview } from '../../web/parts/file.ts'
import { dataTable, nullCell, type TableColumn, type TableRow } from '../../web/parts/table.ts'
import type { ParquetFacts } from '../parsing/jobs.ts'
import type { ContentTable, FileContent } from '../previews/previews.ts'
import { isNumeric, type Separator } from '../previews/separated.ts'
import type { FileRecord } from '../record.ts'

/** The beginning of a file on its page: lines, rows, or why there are none. */
export function contentPreview(content: FileContent, { filename }: FileRecord, options: PreviewOptions): Html {
  switch (content.kind) {
    case 'text':
      return preview({
        ...options,
        content: html`<pre tabindex="0" role="region" aria-label="${`The text of ${filename}`}">${content.text}</pre>`,
        caption: `${options.caption}${content.truncated ? ', the beginning of it' : ''}${encodingWords(content.charset)}.`,
      })
    case 'table':
      return preview({
        ...options,
        content: textTable(content.table, filename),
        caption: tableWords(content.table, content.truncated) + encodingWords(content.charset, 'In '),
      })
    case 'parquet':
      return preview({
        ...options,
        content: parquetTable(content.facts, filename),
        caption: parquetWords(content.facts),
      })
    case 'none':
      return preview({ ...options, ...(content.reason && { without: content.reason }) })
  }
}

const CHARSETS: Readonly<Record<string, string>> = {
  'utf-16le': 'UTF-16',
  'utf-16be': 'UTF-16',
  'windows-1252': 'Windows-1252',
}

/** Only what is not the usual. */
function encodingWords(charset: string, before = ', '): string {
  const name = CHARSETS[charset]
  if (name === undefined) return ''
  return before === ', ' ? `, in ${name}` : ` ${before}${name}.`
}

const ROW: TableColumn = { label: 'Row', kind: 'key' }

function textTable({ columns, rows }: ContentTable, filename: string): Html {
  return dataTable({
    caption: `The first rows of ${filename}`,
    density: 'compact',
    columns: [ROW, ...columns.map(({ name, numeric }) => column(name, numeric))],
    rows: rows.map((row, at): TableRow => ({ cells: [formatNumber(at + 1), ...row] })),
  })
}

const SEPARATED_BY: Readonly<Record<Separator, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'vertical bars',
}

function tableWords({ separator, columns, rows, moreColumns }: ContentTable, truncated: boolean): string {
  const shown = truncated ? `The first ${formatCount(rows.length, 'row')}` : formatCount(rows.length, 'row')
  const width = moreColumns > 0 ? ` and ${columns.length} of ${formatNumber(columns.length + moreColumns)} columns` : ''
  return `${shown}${width}, separated by ${SEPARATED_BY[separator]}.`
}

function parquetTable({ columns }: ParquetFacts, filename: string): Html {
  const count = Math.max(0, ...columns.map(({ values }) => values?.length ?? 0))
  return dataTable({
    caption: `The first rows of ${filename}`,
    density: 'compact',
    columns: [ROW, ...columns.map(({ name, type, values }) => column(name, isNumeric(values ?? []), type))],
    rows: Array.from(
      { length: count },
      (_, at): TableRow => ({
        cells: [
          formatNumber(at + 1),
          ...columns.map(({ values }) => {
            if (values === undefined) return html`<span class="faint">not read</span>`
            const value = values[at]
            return value === null || value === undefined ? nullCell : value
          }),
        ],
      }),
    ),
  })
}

function parquetWords({ rows, rowGroups, columnCount, columns, createdBy }: ParquetFacts): Html {
  const shown = columns.length < columnCount ? `, the first ${columns.length} are shown` : ''
  return html`${formatCount(Number(rows), 'row')} in ${formatCount(rowGroups, 'row group')}, ${formatCount(columnCount, 'column')}${shown}.${createdBy !== undefined && html` <span class="faint">Written by ${createdBy}</span>`}`
}

function column(label: string, numeric: boolean, type?: string): TableColumn {
  return { label, ...(numeric && { kind: 'numeric' as const }), ...(type !== undefined && { type }) }
}
