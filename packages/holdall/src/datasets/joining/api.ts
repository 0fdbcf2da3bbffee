import { z } from 'zod'
import { type Api, answers, fields, PAGE, SEE_OTHER, TIME } from '../../web/api.ts'

const COUNT = z.int().min(0)

const WHATS = [
  ...(['created', 'added', 'replaced', 'taken_out', 'restored', 'trashed', 'untrashed'] as const),
  ...(['not_added', 'not_replaced'] as const),
]

export const JOINING_API = {
  addPage: { summary: 'Where files are added to a dataset, and what waits to be', answers: [PAGE] },
  replacePage: { summary: 'Where a new version of a dataset is uploaded', answers: [PAGE] },
  decide: {
    summary: 'Add what waits because its columns differ, or replace with it, give it up, or try what failed again',
    body: fields({
      batch: z.string().optional().describe('The files that came together'),
      decision: z.string().optional().describe('add, discard or retry'),
      upload: z.string().optional().describe('Discard, or retry, this one of them only'),
      sheet: z.string().optional().describe('Retry with this sheet of an Excel file'),
    }),
    answers: [answers({ batch_id: z.string() }), SEE_OTHER],
  },
  versions: {
    summary: 'The versions of a dataset that can be made current, the last first',
    answers: [
      answers({
        version: z.int().describe('The current one'),
        older: z.array(
          z.object({
            version: z.int(),
            file_count: COUNT,
            row_count: COUNT,
            size_bytes: COUNT,
            added_at: TIME,
            kept_until: TIME.nullable().describe('When its objects go; null: all of them are used elsewhere'),
          }),
        ),
        additions: z
          .array(
            z.object({
              files: z.array(z.string()).describe('Their paths, as `take-out` takes them'),
              row_count: COUNT,
              size_bytes: COUNT,
              added_at: TIME,
              added_by: z.string().nullable(),
            }),
          )
          .describe('What was added to the current version since it was made, the last first'),
        history: z
          .array(
            z.object({
              version: z.int().describe('The current one from then on'),
              what: z
                .enum(WHATS)
                .describe('`not_…`: a file failed, and nothing has changed; it is told for as long as it is kept'),
              at: TIME.nullable().describe('null: nobody wrote it down, as before this was'),
              by: z.string().nullable(),
              files: z.array(z.string()).describe('The paths of those that came'),
              file_change: z.int().nullable().describe('How many came, or less than 0 went'),
              row_change: z.int().nullable(),
              file_count: COUNT.describe('Of the version after it, as the two that follow'),
              row_count: COUNT,
              size_bytes: COUNT,
            }),
          )
          .describe('What became of the versions that are there, the last first'),
      }),
    ],
  },
  takeOutPage: {
    summary: 'The question before files are taken out of a dataset',
    query: z.object({ file: z.string().optional().describe('As below; may be repeated') }),
    answers: [PAGE],
  },
  takeOut: {
    summary: 'Take files out of a dataset: a new version has the others',
    description:
      'The version before can be made current again for 30 days. The last file stays: a dataset is deleted, or replaced.',
    body: fields({
      file: z
        .union([z.string(), z.array(z.string())])
        .describe('Paths of `parquet_object_keys`, or what comes after their last slash'),
    }),
    answers: [
      answers({
        version: z.int(),
        row_count: COUNT.describe('Of the rows that stay'),
        taken_out: z.array(z.string()).describe('Paths'),
        rows_taken_out: COUNT,
      }),
      SEE_OTHER,
    ],
  },
  makeCurrent: {
    summary: 'Make an older version of a dataset current',
    body: fields({ version: z.union([z.string(), z.number()]).optional() }),
    answers: [answers({ version: z.int() }), SEE_OTHER],
  },
} satisfies Record<string, Api>
