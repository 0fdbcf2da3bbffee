import { z } from 'zod'
import { type Api, answers, FORM_TYPE, JSON_TYPE, MULTIPART_TYPE, PAGE, SEE_OTHER, TIME } from '../../web/api.ts'
import { HOW } from './names.ts'
import { STATES } from './plan.ts'

const MATCH = z.object({
  column: z.string().describe('The column of the rows that names of files are compared with'),
  how: z
    .enum(HOW)
    .describe('The name without its ending is the value; begins with it; or has it where the pattern says'),
  pattern: z.string().optional().describe('`{value}` stands for the value, `*` for anything'),
  exact: z.boolean().describe('Letter for letter; else case, separators and leading zeros do not count'),
})
const PLANNED_MATCH = MATCH.extend({
  rows: z
    .string()
    .optional()
    .describe('The conditions of the rows that were looked at, as in the address of their list; absent: all'),
})
const ROWS = z
  .string()
  .optional()
  .describe('The conditions of the only rows that files may go to, as in the address of their list: `year=1862`')
const KEY = z.string().describe("The last part of the row's address")
const PAIR = z.tuple([z.string(), KEY])
const RUN = z.object({
  id: z.string(),
  database: z.string(),
  table: z.string(),
  column: z.string(),
  actor: z.string().nullable(),
  status: z.enum(['planned', 'applying', 'applied', 'undoing', 'undone', 'failed']),
  match: PLANNED_MATCH.nullable(),
  revision: z
    .int()
    .optional()
    .describe('Of a plan: goes up when it is matched again, or many files are decided at once'),
  files: z.int(),
  rows: z.int().describe('How many rows it wrote'),
  restored: z.int().nullable().describe('How many of them undoing set back; the others had changed since'),
  failure_reason: z.string().nullable(),
  created_at: TIME,
  applied_at: TIME.nullable(),
  undone_at: TIME.nullable(),
  undone_by: z.string().nullable(),
})
const LINE = z.object({
  id: z.string(),
  filename: z.string().nullable(),
  unreadable: z.string().nullable().describe('Why the file cannot be read, where that is known'),
  state: z.enum(STATES),
  row: KEY.nullable().describe('The row that the file goes to'),
  rows: z.array(z.object({ key: KEY, label: z.string().nullable() })).describe('The rows that fit'),
  row_count: z.int(),
  note: z.string().nullable().describe('Why it goes to no row, or what is not right with what its row holds'),
})
const CELL = z.object({
  row: KEY,
  files: z.array(z.string()),
  replaced: z.array(z.string()).describe('The files whose place they took'),
  outcome: z.enum(['restored', 'changed', 'gone']).nullable().describe('Of undoing'),
})
const COUNTS = z.record(z.enum(STATES), z.int())
const BINARY = z.string().meta({ format: 'binary' })

const ATTACH_BODY = z.object({
  column: z.string().optional().describe('The file column; may be left out where the table has only one'),
  files: z.array(z.string()).optional().describe('Ids of files, to be matched to rows by their names'),
  match: MATCH.partial({ how: true, exact: true })
    .optional()
    .describe('Left out: the column by which most of the files find a row'),
  pairs: z
    .array(z.tuple([z.string(), z.union([z.string(), z.int()])]))
    .optional()
    .describe('In place of `files`, and without `rows` in the address'),
  dry_run: z.boolean().optional().describe('Only say what would be done'),
  replace: z
    .union([z.boolean(), z.literal('not_right')])
    .optional()
    .describe(
      'A file takes the place of the one that its row holds; `not_right`: only where that is missing, cannot be read, is in the trash or gone for good, as far as one may know',
    ),
})

export const ATTACH_API = {
  start: {
    summary: 'Attach many files to the rows of a table: begin, and past runs',
    query: z.object({
      column: z.string().optional(),
      q: z.string().optional().describe('Words in the names of files that are here already'),
      source: z.string().optional().describe('The source of those files'),
      rows: ROWS,
    }),
    answers: [answers({ columns: z.array(z.string()), runs: z.array(RUN) }), PAGE],
  },
  attach: {
    summary: 'Attach many files, or only plan it',
    description:
      'Either `files`, each of which goes to the row that its name fits, or `pairs`. All of the rows are written, or none. Needs `view-table` too, and `files-browse` for the files. What no single row fits is left out and listed.',
    query: z.object({ rows: ROWS }),
    body: {
      [JSON_TYPE]: ATTACH_BODY,
      [FORM_TYPE]: z.object({ column: z.string(), ids: z.string().optional(), file: z.string().optional() }),
      [MULTIPART_TYPE]: z.object({ column: z.string(), file: z.array(BINARY) }),
    },
    answers: [
      answers({
        dry_run: z.literal(true).optional(),
        column: z.string(),
        run: RUN.optional().describe('Absent of a dry run, and where the rows hold all of it already'),
        pairs: z.array(PAIR),
        match: PLANNED_MATCH.optional(),
        complete: z.boolean().optional().describe('Whether every row was looked at before the time was over'),
        counts: COUNTS.optional(),
        files: z.array(LINE).optional(),
        rows_without_file: z.int().nullable().optional(),
        refused: z.array(z.string()).optional().describe('Files of a form that were not uploaded, and why'),
      }),
      SEE_OTHER,
    ],
  },
  run: {
    summary: 'A run: its plan, or what it wrote',
    query: z.object({ show: z.string().optional(), from: z.string().optional() }),
    answers: [
      answers({
        run: RUN,
        counts: COUNTS.optional(),
        pairs: z.array(PAIR).optional(),
        cells: z.array(CELL).optional(),
      }),
      PAGE,
    ],
  },
  carryOut: {
    summary: 'Carry out a plan; as a form, also choose rows, match again, and plan again what was undone',
    body: {
      [JSON_TYPE]: z.object({
        revision: z
          .int()
          .optional()
          .describe('The revision that was looked at: where the plan has another, nothing is written'),
      }),
      [FORM_TYPE]: z.object({ go: z.string().optional() }),
    },
    answers: [answers({ run: RUN }), PAGE, SEE_OTHER],
  },
  descriptions: {
    summary: 'Copy the descriptions of the files that a run replaced',
    description:
      'For files in their place that have none and that one may edit: what was written is never replaced. Needs `files-browse` for both.',
    body: {
      [JSON_TYPE]: z.object({
        take_out: z.boolean().optional().describe('Take out again what was copied so, where it still says the same'),
      }),
      [FORM_TYPE]: z.object({ take_out: z.string().optional() }),
    },
    answers: [answers({ descriptions: z.int().describe('How many were copied, or taken out again') }), SEE_OTHER],
  },
  undo: {
    summary: 'Undo a run: cells that still hold what it wrote get back what they held',
    answers: [answers({ run: RUN, changed: z.array(CELL).describe('Cells that were left as they are') }), SEE_OTHER],
  },
} satisfies Record<string, Api>
