import { z } from 'zod'
import { type Answer, type Api, answers, JSON_TYPE, PAGE } from '../web/api.ts'

const TEXT = z.string()
const PARAMETER = TEXT.optional()
const ON = PARAMETER.describe('on or 1')
const LIST = z.array(TEXT).optional()

/** A cell; integers of any size are written as numbers, bytes as `{$base64, encoded}`. */
const CELL = z.unknown()
const ROW = z.record(TEXT, CELL)

const SHAPED = {
  _shape: z.enum(['objects', 'arrays', 'array', 'arrayfirst', 'object']).optional(),
  _nl: PARAMETER.describe('With `_shape=array`: an object a line'),
  _json: LIST.describe('Columns whose text is JSON'),
  _json_infinity: ON,
  _extra: LIST.describe('More about it: count, columns, primary_keys, query, metadata, …'),
  _ttl: PARAMETER.describe('Seconds that the answer may be kept'),
}

export const FILTERED = {
  _next: PARAMETER.describe('Where the page begins: the `next` of the page before'),
  cursor: PARAMETER.describe('The same as `_next`'),
  _size: PARAMETER.describe('Rows on a page, or max'),
  limit: PARAMETER.describe('The same as `_size`'),
  _sort: PARAMETER.describe('A column'),
  _sort_desc: PARAMETER,
  _col: LIST.describe('Only these columns'),
  _nocol: LIST.describe('All but these columns'),
  _search: PARAMETER.describe('Words, in a table with full-text search'),
  _where: LIST.describe('Conditions in SQL, for who may execute it'),
  _nocount: ON,
  _labels: ON.describe('Foreign keys with what they name'),
  _label: LIST.describe('Only these foreign keys'),
}

/** The rows as `_shape` says; the first of these by default. */
export function rowsAnswer(rest: Readonly<Record<string, z.ZodType>>): Answer {
  const rows = z.array(z.union([ROW, z.array(CELL)]))
  return {
    status: 200,
    means: 'The rows',
    content: {
      [JSON_TYPE]: z.union([
        z.looseObject({ ok: z.literal(true), rows, truncated: z.boolean(), ...rest }),
        z.array(CELL),
        ROW,
      ]),
      'text/plain': null,
    },
  }
}

const DATABASE = {
  name: TEXT,
  path: TEXT,
  private: z.boolean(),
}

const FILTERS =
  'Every other parameter is a filter: `column=value` or `column__operator=value`. Of a file column `filemissing=1`, `fileunreadable=1`, `filetrashed=1` and `filegone=1` give the rows with such a file, as far as one may know; the last is for who may browse every source. `filewrong=1` gives those with any of them that one may know of, `filechanged=1` those whose file has changed in its place.'

export const TABLES_API = {
  instance: {
    summary: 'The databases',
    answers: [
      answers({
        unstable: TEXT,
        databases: z.array(
          z.looseObject({
            ...DATABASE,
            error: TEXT.optional().describe('Why it cannot be read now; none of its tables are told then'),
          }),
        ),
        metadata: z.record(TEXT, z.unknown()),
      }),
    ],
  },
  database: {
    summary: 'The tables of a database',
    answers: [
      {
        status: 200,
        means: 'The database',
        content: {
          [JSON_TYPE]: z.looseObject({
            ok: z.literal(true),
            database: TEXT,
            path: TEXT,
            private: z.boolean(),
            size: z.int().nullable().describe('Bytes; null for who may see only tables of it, and not the database'),
            tables: z.array(z.looseObject({ name: TEXT, columns: z.array(TEXT), count: z.int().nullable() })),
            views: z.array(z.object({ name: TEXT, private: z.boolean() })),
          }),
        },
      },
    ],
  },
  table: {
    summary: 'Rows of a table',
    description: FILTERS,
    query: z.object({ ...FILTERED, ...SHAPED }),
    answers: [rowsAnswer({ next: TEXT.nullable(), next_url: TEXT.nullable() })],
  },
  tableCsv: {
    summary: 'Rows of a table as CSV: all of them, with `_size` a page',
    description: FILTERS,
    query: z.object({
      ...FILTERED,
      _files: PARAMETER.describe(
        '`names`: the names of files where their ids stand; `states`: and beside each such column one, `{column}_state`, that says of which files that they are missing, cannot be read, are in the trash or gone for good',
      ),
      _sep: PARAMETER.describe(
        'What stands between columns: `comma`, or `semicolon`, with which decimals have a comma, as Excel reads them where they have one',
      ),
      _bom: ON.describe('Begin with a byte order mark, without which Excel misreads letters beyond ASCII'),
      _dl: ON.describe('Have it saved'),
    }),
    answers: [{ status: 200, means: 'Comma-separated, quoted where it must be', content: { 'text/csv': null } }],
  },
  row: {
    summary: 'One row',
    query: z.object(SHAPED),
    answers: [
      rowsAnswer({
        database: TEXT,
        table: TEXT,
        primary_keys: z.array(TEXT),
        primary_key_values: z.array(CELL),
        query_ms: z.number(),
      }),
    ],
  },
  databasesPage: { summary: 'The databases', answers: [PAGE] },
  databasePage: { summary: 'The tables of a database', answers: [PAGE] },
  tablePage: {
    summary: 'Rows of a table',
    description: FILTERS,
    query: z.object(FILTERED),
    answers: [PAGE, { status: 302, means: 'Where the filter that a form asked for is' }],
  },
  rowPage: { summary: 'One row', answers: [PAGE] },
  insertPage: { summary: 'The form for a new row', answers: [PAGE] },
  updatePage: { summary: 'The form for a row', answers: [PAGE] },
  deletePage: { summary: 'What deleting a row means', answers: [PAGE] },
} satisfies Record<string, Api>
