import { z } from 'zod'
import { type Api, answers } from '../../web/api.ts'
import { MAX_COUNTED, MAX_LOOKED_THROUGH, ROWS_SHOWN, TABLES_SHOWN } from './limits.ts'

const TABLE = {
  database: z.string(),
  table: z.string(),
  url: z.string().describe('The table with only the rows that hold the words'),
}

export const FINDING_API: Api = {
  summary: 'Search the rows of all tables',
  description: `In tables that the actor may see: by full text where a table has it, else words anywhere in its columns of text, in up to ${MAX_LOOKED_THROUGH} rows of a table. It ends after half of \`sql_time_limit_ms\`; what it left out is in \`unsearched\`. Views are not searched.`,
  query: z.object({ q: z.string().optional().describe('Words, all of which must be found; phrases in quotes') }),
  answers: [
    answers({
      q: z.string(),
      tables: z.array(
        z.object({
          ...TABLE,
          count: z.int().describe(`Up to ${MAX_COUNTED}`),
          more: z.boolean().describe('There are more than `count`'),
          rows: z
            .array(
              z.object({
                label: z.string(),
                key: z.string(),
                url: z.string(),
                column: z.string().nullable().describe('Where a word was seen'),
                excerpt: z.array(z.string()).nullable().describe('Text around it; every second piece is a word found'),
              }),
            )
            .describe(`The first ${ROWS_SHOWN}, in the first ${TABLES_SHOWN} tables`),
        }),
      ),
      searched: z.int().describe('How many tables were searched, be it in part'),
      unsearched: z.array(
        z.object({
          ...TABLE,
          reason: z.enum(['time', 'size', 'error']).describe('Why not all of it was searched'),
          rows_searched: z.int(),
        }),
      ),
    }),
  ],
}
