import { z } from 'zod'
import { type Api, answers, FORM_TYPE, JSON_TYPE, PAGE, SEE_OTHER } from '../../web/api.ts'

export const REFERENCES_API: Api = {
  summary: 'The rows that hold a file',
  answers: [
    answers({
      references: z.array(
        z.object({
          database: z.string(),
          table: z.string(),
          column: z.string(),
          key: z.string(),
          label: z.string(),
          url: z.string(),
        }),
      ),
      truncated: z.boolean().describe('There may be more than these'),
    }),
  ],
}

const SETTINGS = z
  .object({
    file_column: z.boolean().describe('False: it stops holding files'),
    file_source: z.string().nullable(),
    file_multiple: z.boolean(),
    file_accept: z.union([z.string(), z.array(z.string())]).nullable(),
    file_max_size: z.union([z.int(), z.string()]).nullable(),
  })
  .partial()

const COLUMNS = answers(
  { columns: z.record(z.string(), z.record(z.string(), z.unknown())) },
  { means: 'The file columns' },
)

export const FILE_COLUMNS_API = {
  show: { summary: 'Which columns of a table hold files', answers: [PAGE, COLUMNS] },
  save: {
    summary: 'Make columns hold files',
    description:
      'Refused with 409 and the number of rows where they hold text that is no file, unless `confirm` is true.',
    body: {
      [JSON_TYPE]: z.object({
        columns: z.record(z.string(), SETTINGS.nullable()),
        confirm: z.boolean().optional().describe('Also columns in which rows hold text that is no file'),
      }),
      [FORM_TYPE]: z.record(z.string(), z.string()),
    },
    answers: [COLUMNS, SEE_OTHER],
  },
  add: {
    summary: 'Add a column that holds files',
    description: 'Needs `create-table` on the database too.',
    body: {
      [JSON_TYPE]: z.object({
        name: z.string(),
        multiple: z.boolean().optional().describe('A cell holds several files'),
      }),
      [FORM_TYPE]: z.object({ name: z.string(), holds: z.enum(['file', 'files']).optional() }),
    },
    answers: [
      answers(
        { column: z.string(), columns: z.record(z.string(), z.record(z.string(), z.unknown())) },
        { status: 201, means: 'The column is there' },
      ),
      SEE_OTHER,
    ],
  },
} satisfies Record<string, Api>
