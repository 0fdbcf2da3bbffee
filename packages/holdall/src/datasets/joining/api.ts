import { z } from 'zod'
import { type Api, answers, fields, PAGE, SEE_OTHER, TIME } from '../../web/api.ts'

const COUNT = z.int().min(0)

export const JOINING_API = {
  addPage: { summary: 'Where files are added to a dataset, and what waits to be', answers: [PAGE] },
  replacePage: { summary: 'Where a new version of a dataset is uploaded', answers: [PAGE] },
  decide: {
    summary: 'Add what waits because its columns differ, or replace with it, or give it up',
    body: fields({
      batch: z.string().optional().describe('The files that came together'),
      decision: z.string().optional().describe('add, or discard'),
      upload: z.string().optional().describe('Discard this one of them only'),
    }),
    answers: [answers({ batch_id: z.string() }), SEE_OTHER],
  },
  versions: {
    summary: 'The versions of a dataset that can be made the present one, the last first',
    answers: [
      answers({
        version: z.int().describe('The present one'),
        older: z.array(
          z.object({
            version: z.int(),
            file_count: COUNT,
            row_count: COUNT,
            size_bytes: COUNT,
            added_at: TIME,
            kept_until: TIME.nullable().describe('When its objects go'),
          }),
        ),
      }),
    ],
  },
  makeCurrent: {
    summary: 'Make an older version of a dataset the present one',
    body: fields({ version: z.union([z.string(), z.number()]).optional() }),
    answers: [answers({ version: z.int() }), SEE_OTHER],
  },
} satisfies Record<string, Api>
