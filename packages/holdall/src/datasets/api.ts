import { z } from 'zod'
import {
  type Api,
  answers,
  FORM_TYPE,
  fields,
  JSON_TYPE,
  MULTIPART_TYPE,
  NEXT,
  PAGE,
  PAGING,
  SEE_OTHER,
  TIME,
} from '../web/api.ts'
import { ALLOW } from './collections/fields.ts'

const COUNT = z.int().min(0)
const UUID = z.guid()

const COLLECTION = {
  organization: UUID,
  id: z.string(),
  label: z.string().describe('What people read; the id when nobody gave it a label'),
  source: z.string().nullable().describe('The source of its objects; null: the only one, or the first'),
  catalog: z.string().nullable().describe('null: the embedded one'),
  created_at: TIME,
  updated_at: TIME,
}

const DATASET = {
  id: UUID,
  source_type: z
    .string()
    .describe(
      'What made it: `multipart_parquet_upload`, `multipart_csv_upload` and so on for what was converted, or `source_file`',
    ),
  parquet_object_keys: z.array(z.string()),
  csv_object_keys: z.array(z.string()).describe('What was converted'),
  glue_database_name: z.string().nullable(),
  glue_table_name: z.string().nullable(),
  schema: z.object({
    columns: z.array(z.string()),
    schema_fields: z.array(z.object({ name: z.string(), type: z.string() })),
  }),
  row_count: COUNT,
  size_bytes: COUNT,
  upload_id: z.string().nullable(),
  filename: z.string(),
  created_at: TIME,
  updated_at: TIME,
  deleted_at: TIME.nullable().describe('Since when its objects are gone'),
  deletion_requested_at: TIME.nullable().describe('Since when it is in the trash'),
}

const SPREAD = z.object({ min: z.number(), median: z.number(), max: z.number() })

const COLUMN_STATISTICS = z.object({
  rows: COUNT,
  nulls: COUNT,
  min: z.string().nullable(),
  max: z.string().nullable(),
  distinct: COUNT.nullable(),
  distinct_exact: z.boolean().describe('Else `distinct` is an estimate'),
  mean: z.number().nullable(),
  not_finite: COUNT.describe('NaN and infinities'),
  top: z
    .array(z.object({ value: z.union([z.string(), z.number(), z.boolean()]), count: COUNT }))
    .nullable()
    .describe('The most frequent values, 20 at most'),
  histogram: z
    .object({ edges: z.array(z.string()).describe('One more than counts'), counts: z.array(COUNT) })
    .nullable(),
})

const WHOLE_DATASET = z.object({
  ...DATASET,
  table_name: z.string().describe('What it is called in SQL'),
  version: z.int(),
  uploaded_by: z.string().nullable(),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string().describe('As DuckDB names it'),
      is_required: z.boolean(),
      null_count: COUNT.nullable().describe('null: the files do not say'),
      min: z.string().nullable().describe('null, too, for those who may not read the rows'),
      max: z.string().nullable(),
      physical_type: z.string().nullable(),
      logical_type: z.string().nullable(),
      compressed_bytes: COUNT,
      uncompressed_bytes: COUNT,
      statistics: COLUMN_STATISTICS.nullable().describe(
        'Of all rows; null: not computed, or not to be had. Without values for those who may not read the rows',
      ),
    }),
  ),
  statistics_partial: z.boolean().describe('Statistics of some columns are not computed yet'),
  row_groups: z.object({
    count: COUNT,
    rows: SPREAD,
    bytes: SPREAD,
    each: z.array(z.object({ rows: COUNT, bytes: COUNT })).describe('The first of them'),
  }),
  warnings: z.array(z.object({ column: z.string().nullable(), message: z.string() })),
  completion_steps_log: z.array(z.unknown()),
  files: z.array(
    z.object({
      role: z.enum(['data', 'original']),
      filename: z.string(),
      path: z.string(),
      size_bytes: COUNT,
      row_count: COUNT.nullable(),
      content_hash: z.string().nullable(),
    }),
  ),
})

const TEXT = z.string().nullish()
const SETTINGS = { label: TEXT, source: TEXT, catalog: TEXT, allow: ALLOW.optional() }
const WHO = z
  .string()
  .optional()
  .describe(
    'For a form: usual, nobody, people, signed-in or everybody; or names with commas between them, `*`, or an allow block',
  )
const PEOPLE = z.string().optional().describe('For a form, beside `people`: names with commas between them')
const FORM_SETTINGS = {
  ...{ label: TEXT, source: TEXT, catalog: TEXT, view: WHO, edit: WHO, query: WHO },
  ...{ view_people: PEOPLE, edit_people: PEOPLE, query_people: PEOPLE },
}
const NEW = {
  organization: TEXT.describe('Default: the first that there was'),
  id: z.string().optional().describe('Without one it is made from the label'),
}

function settings(more: Readonly<Record<string, z.ZodType>> = {}): NonNullable<Api['body']> {
  const form = z.object({ ...more, ...FORM_SETTINGS })
  return { [JSON_TYPE]: z.object({ ...more, ...SETTINGS }), [FORM_TYPE]: form, [MULTIPART_TYPE]: form }
}

const DONE_TO_COLLECTION = [answers({ collection: z.object(COLLECTION) }), SEE_OTHER]
const DONE_TO_DATASET = [answers({ id: UUID, deletion_requested_at: TIME.nullable() }), SEE_OTHER]

/** What is told while a query runs. @param last what the last line holds when it was answered */
function toldInLines(last: string) {
  const means = `With \`Accept: application/x-ndjson\`, a line whenever something is known: \`{state, percentage, elapsed_ms}\`, the state \`waiting\` or \`running\`, \`percentage\` null while DuckDB does not know it. The state of the last line is \`done\`, with ${last}, or \`failed\`, with the refusal. Who closes the connection stops the query`
  return { status: 200, means, content: { 'application/x-ndjson': null } }
}

export const COLLECTIONS_API = {
  list: {
    summary: 'The collections that the actor may view, by their labels',
    query: z.object(PAGING),
    answers: [
      PAGE,
      answers({
        collections: z.array(z.object({ ...COLLECTION, dataset_count: COUNT, row_count: COUNT, size_bytes: COUNT })),
        total: COUNT,
        next: NEXT,
      }),
    ],
  },
  show: {
    summary: 'A collection and its datasets, the last first',
    query: z.object({
      ...PAGING,
      name: z
        .string()
        .optional()
        .describe('As JSON: only those called like this file, with its ending or another; may be repeated'),
    }),
    answers: [
      PAGE,
      answers({
        collection: z.object({ ...COLLECTION, config: z.object({ datasets: z.array(z.object(DATASET)) }) }),
        datasets: z.array(z.object(DATASET)),
        next: NEXT,
      }),
    ],
  },
  trash: {
    summary: 'The deleted datasets of a collection, the last first',
    query: z.object(PAGING),
    answers: [PAGE, answers({ datasets: z.array(z.object(DATASET)), next: NEXT })],
  },
  createPage: { summary: 'The form that makes a collection', answers: [PAGE] },
  create: {
    summary: 'Make a collection',
    body: settings(NEW),
    answers: [answers({ collection: z.object(COLLECTION) }, { status: 201, means: 'It is made' }), SEE_OTHER],
  },
  updatePage: { summary: 'The settings of a collection', answers: [PAGE] },
  update: {
    summary: 'Change the settings of a collection',
    description: 'What is not sent stays as it is.',
    body: settings(),
    answers: DONE_TO_COLLECTION,
  },
  remove: {
    summary: 'Delete a collection that holds no datasets',
    body: fields({}),
    answers: [answers({ organization: UUID, id: z.string() }), SEE_OTHER],
  },
  restore: {
    summary: 'Put back the collection of this id that was deleted last',
    body: fields({}),
    answers: DONE_TO_COLLECTION,
  },
} satisfies Record<string, Api>

export const DATASETS_API = {
  show: {
    summary: 'One dataset',
    query: z.object({
      tab: z.string().optional().describe('For the page: columns, query, row-groups or files'),
      sql: z.string().optional().describe('For the page: what is asked on the tab of queries'),
      version: z.string().optional().describe('For the page: the version whose files are listed'),
    }),
    answers: [
      PAGE,
      { status: 302, means: 'Where the rows are' },
      answers({ dataset: WHOLE_DATASET }),
      toldInLines('the parts of the page that show the answer: of the tab of queries'),
    ],
  },
  remove: { summary: 'Delete a dataset: it goes to the trash', body: fields({}), answers: DONE_TO_DATASET },
  renamePage: { summary: 'The form that renames a dataset', answers: [PAGE] },
  rename: {
    summary: 'Give a dataset another name',
    description: 'Its table and its files keep theirs.',
    body: fields({ name: z.string() }),
    answers: [answers({ id: UUID, filename: z.string() }), SEE_OTHER],
  },
  restore: { summary: 'Put a deleted dataset back', body: fields({}), answers: DONE_TO_DATASET },
} satisfies Record<string, Api>

export const REFERENCES_API = {
  page: { summary: 'The question which collection a file is to be a dataset of', answers: [PAGE] },
  make: {
    summary: 'Make a dataset of a Parquet file that a source has',
    description:
      'Nothing is copied: the file stays where it is. It takes `edit-collection` on the collection, too. Asked again, it answers 200 with the dataset that is there.',
    body: fields({ organization: UUID, collection: z.string() }),
    answers: [
      answers({ dataset_id: UUID, url: z.string() }, { status: 201, means: 'The dataset is there' }),
      answers({ dataset_id: UUID, url: z.string() }, { means: 'It was there already' }),
      SEE_OTHER,
    ],
  },
  original: {
    summary: 'What was sent, of a dataset that was converted from it',
    query: z.object({ path: z.string().optional().describe('Of several: one of `csv_object_keys`') }),
    answers: [{ status: 200, means: 'The file as it was sent', content: { 'application/octet-stream': z.unknown() } }],
  },
} satisfies Record<string, Api>

export const DATASET_TRASH_API = {
  purgePage: { summary: 'The question before a dataset is deleted for good', answers: [PAGE] },
  purge: {
    summary: 'Delete a dataset in the trash for good',
    description: 'Its objects are removed; `deleted_at` is null while some of them are still there.',
    body: fields({}),
    answers: [answers({ id: UUID, deletion_requested_at: TIME.nullable(), deleted_at: TIME.nullable() }), SEE_OTHER],
  },
  emptyPage: {
    summary: 'The question before all that is in the trash of a collection is deleted for good',
    answers: [PAGE, SEE_OTHER],
  },
  empty: {
    summary: 'Delete everything in the trash of a collection for good',
    body: fields({ until: z.string().optional().describe('Only what was deleted by then') }),
    answers: [answers({ purged: z.array(UUID) }), SEE_OTHER],
  },
} satisfies Record<string, Api>

/** What POST `…/query` takes. */
export const QUERY_BODY = z.object({ sql: z.string({ error: 'sql must be a text: one SELECT.' }) })

export const QUERY_API = {
  query: {
    summary: 'Ask the datasets of a collection with SQL',
    description:
      'One SELECT; tables go by their `table_name`. A duplicate name becomes `a_1`; integers past 2^53, DECIMAL and HUGEINT are texts, times ISO 8601, a BLOB is `{"$base64": …}`.',
    body: { [JSON_TYPE]: QUERY_BODY },
    answers: [
      answers({
        columns: z.array(z.object({ name: z.string(), type: z.string() })),
        rows: z.array(z.record(z.string(), z.unknown())),
        truncated: z.boolean().describe('There are more rows'),
        elapsed_ms: z.number(),
      }),
      toldInLines('what is answered otherwise'),
    ],
  },
  export: {
    summary: 'A dataset, or what a query of it answers, as a file',
    query: z.object({
      format: z.string().optional().describe('csv, ndjson or parquet'),
      sql: z.string().optional().describe('Default: the rows that the other parameters ask for, as for `rows.json`'),
      _follow: z
        .string()
        .optional()
        .describe('`1`: how far it is is told in lines, and in the last one where the file is'),
      _made: z.string().optional().describe('Of the address in that last line: a file that is there already'),
      _answer: z.string().optional().describe('An answer that a page shows, which then need not be asked for again'),
    }),
    answers: [
      {
        status: 200,
        means:
          'The file. With `_follow=1`, lines as of a query; the last one, when it is `done`, has `href`, where the file can be fetched once within two minutes, `filename` and `size_bytes`',
        content: { 'text/csv': null, 'application/x-ndjson': null, 'application/vnd.apache.parquet': null },
      },
    ],
  },
} satisfies Record<string, Api>
