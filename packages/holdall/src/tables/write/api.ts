import { z } from 'zod'
import { type Api, answers, FORM_TYPE, JSON_TYPE, MULTIPART_TYPE, SEE_OTHER } from '../../web/api.ts'

const TEXT = z.string()
const ROW = z.record(TEXT, z.unknown()).describe('By column; a file column takes a file id or a list of them')
const OPTION = z.unknown().optional().describe('true or 1')
const RETURNED = z.array(z.record(TEXT, z.unknown())).optional().describe('With `return`, or of a single `row`')

const ROWS = { row: ROW.optional(), rows: z.array(ROW).optional(), alter: OPTION, return: OPTION }
const FORM = { [FORM_TYPE]: z.record(TEXT, z.unknown()), [MULTIPART_TYPE]: z.record(TEXT, z.unknown()) }

export const WRITE_API = {
  insert: {
    summary: 'Insert rows',
    body: { [JSON_TYPE]: z.object({ ...ROWS, ignore: OPTION, replace: OPTION }), ...FORM },
    answers: [answers({ rows: RETURNED }, { status: 201, means: 'All rows are in' }), SEE_OTHER],
  },
  upsert: {
    summary: 'Insert rows, or update those that are there',
    body: { [JSON_TYPE]: z.object(ROWS) },
    answers: [answers({ rows: RETURNED }, { means: 'All rows are in' })],
  },
  update: {
    summary: 'Change a row',
    body: { [JSON_TYPE]: z.object({ update: ROW, alter: OPTION, return: OPTION }), ...FORM },
    answers: [answers({ rows: RETURNED }), SEE_OTHER],
  },
  remove: {
    summary: 'Delete a row',
    body: { [JSON_TYPE]: z.unknown(), ...FORM },
    answers: [answers({}), SEE_OTHER],
  },
  create: {
    summary: 'Make a table',
    body: {
      [JSON_TYPE]: z.object({
        table: TEXT,
        columns: z
          .array(
            z.looseObject({
              name: TEXT,
              type: z.unknown().optional().describe('text, integer, float or blob'),
              not_null: OPTION,
              default: z.unknown().optional(),
              default_expr: TEXT.nullish(),
              fk_table: TEXT.nullish(),
              fk_column: TEXT.nullish(),
            }),
          )
          .optional(),
        row: ROW.optional(),
        rows: z.array(ROW).optional(),
        pk: TEXT.optional(),
        pks: z.array(TEXT).optional(),
        ignore: OPTION,
        replace: OPTION,
        alter: OPTION,
      }),
    },
    answers: [
      answers(
        {
          database: TEXT,
          table: TEXT,
          table_url: TEXT,
          table_api_url: TEXT,
          schema: TEXT,
          row_count: z.int().optional(),
        },
        { status: 201, means: 'The table is there' },
      ),
    ],
  },
} satisfies Record<string, Api>
