import { z } from 'zod'
import { FILTERED, rowsAnswer } from '../../tables/api.ts'
import { type Api, NEXT, PAGE } from '../../web/api.ts'

const LIST = z.array(z.string()).optional()

const FACETS = z.object({
  results: z.record(
    z.string(),
    z.object({
      name: z.string(),
      type: z.literal('column'),
      results: z.array(z.object({ value: z.unknown(), count: z.int().min(0) })),
      truncated: z.boolean().describe('There are more values'),
    }),
  ),
  timed_out: z.array(z.string()).describe('Columns whose values took too long to count'),
})

export const ROWS_API = {
  rows: {
    summary: 'Rows of a dataset',
    description:
      'Every other parameter is a filter: `column=value` or `column__operator=value`, as for tables. Values are written as a query writes them (integers past 2^53, DECIMAL and HUGEINT are texts: a number would be rounded); NULL comes before everything else, NaN after. Without `_sort` rows come in the order of the files.',
    query: z.object({
      ...FILTERED,
      _before: z
        .string()
        .optional()
        .describe('The page that ends before the row of this cursor, instead of `_next`; `end` for the last one'),
      _shape: z.enum(['objects', 'arrays', 'array', 'arrayfirst']).optional(),
      _nl: z.string().optional().describe('With `_shape=array`: an object a line'),
      _json: LIST.describe('Columns whose text is JSON'),
      _extra: LIST.describe('More about it: count (null where counting takes too long), columns, column_types, …'),
      _facet: LIST.describe('Columns whose most frequent values are counted'),
      _facet_size: z.string().optional().describe('Values of a facet, or max'),
    }),
    answers: [
      PAGE,
      { status: 302, means: 'Where the filter that a form asked for is' },
      rowsAnswer({ next: NEXT, next_url: z.string().nullable(), facet_results: FACETS.optional() }),
    ],
  },
} satisfies Record<string, Api>
