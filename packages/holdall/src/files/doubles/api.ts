import { z } from 'zod'
import { type Api, answers, NEXT, PAGE, PAGING } from '../../web/api.ts'
import { FILE } from '../api.ts'

export const DOUBLES_API: Api = {
  summary: 'Files with the same bytes, the largest first',
  description:
    'Only files that the actor may browse are told and counted. A page may be short, even empty, before the last.',
  query: z.object({
    source: z.string().optional().describe('The slug of one source: what is there twice in it'),
    ...PAGING,
  }),
  answers: [
    PAGE,
    answers({
      groups: z.array(
        z.object({
          content_hash: z.string().describe('`/-/files/search?hash=` lists all files that have it'),
          size: z.int().describe('Bytes of each file'),
          count: z.int().describe('How many files there are, up to 10,000'),
          count_truncated: z.boolean(),
          files: z.array(z.object(FILE)).describe('The oldest ten of them, the oldest first'),
        }),
      ),
      total_groups: z.int(),
      total_files: z.int(),
      extra_bytes: z.int().describe('Bytes of all but one file of each group'),
      total_truncated: z.boolean().describe('There are more than these'),
      not_compared: z.int().describe('Files without a hash: not read yet, or larger than their source has files read'),
      next: NEXT,
    }),
  ],
}
