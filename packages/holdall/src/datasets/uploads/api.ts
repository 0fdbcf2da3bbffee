import { z } from 'zod'
import { PARTS_BODY, SENT_PARTS_BODY } from '../../uploads/api.ts'
import { MAX_PARTS } from '../../uploads/limits.ts'
import { type Answer, type Api, answers, fields, JSON_TYPE, NEXT, PAGING, REFUSED, SEE_OTHER } from '../../web/api.ts'
import { MAX_BATCH_FILES } from './limits.ts'

export const STATUSES = ['initiated', 'completing', 'completed', 'failed', 'aborted', 'expired'] as const
export const MODES = ['create', 'append', 'replace'] as const
const COMPLETION_STATUSES = [
  ...([
    'combining',
    'combined',
    'converting',
    'converted',
    'inferring',
    'inferred',
    'registering',
    'registered',
  ] as const),
  'failed',
] as const

/** Characters of the name of a sheet. */
export const MAX_SHEET_LENGTH = 255
const SHEET = z
  .string({ error: 'sheet must be a text: the name of a sheet' })
  .min(1, 'sheet must not be empty')
  .max(MAX_SHEET_LENGTH, `sheet may have at most ${MAX_SHEET_LENGTH} characters`)
  .nullish()

export const RETRY_BODY = z.object({ sheet: SHEET.describe('Of Excel: read this sheet instead') })

export const INIT_BODY = z.object({
  filename: z.string({ error: 'filename is required, as a text' }).min(1, 'filename is required'),
  total_size: z
    .int({ error: 'total_size is required: the number of bytes' })
    .min(1, 'total_size must be at least 1: an empty file has no table'),
  content_type: z.string({ error: 'content_type must be a text' }).nullish(),
  part_size: z.int({ error: 'part_size must be a number of bytes' }).min(1, 'part_size must be at least 1').nullish(),
  part_urls: z
    .int({ error: 'part_urls must be a number: how many addresses to answer' })
    .min(0, 'part_urls must not be negative')
    .max(MAX_PARTS, `part_urls may be at most ${MAX_PARTS}`)
    .nullish()
    .describe('How many addresses of parts the answer has, from the first on; all of them without it'),
  mode: z
    .enum(MODES, { error: `mode must be one of ${MODES.join(', ')}` })
    .nullish()
    .describe('What becomes of the file: a dataset of its own (default), more rows of one, or a new version of one'),
  dataset_id: z
    .guid({ error: 'dataset_id must be a UUID' })
    .nullish()
    .describe('The dataset that the file is added to, or that it replaces'),
  batch: z
    .object({
      id: z
        .string()
        .regex(
          /^[0-9A-Za-z_-]{8,64}$/,
          'batch.id must have 8 to 64 letters, digits, - and _: one that nobody else uses',
        ),
      files: z
        .int()
        .min(1, 'batch.files must be at least 1')
        .max(MAX_BATCH_FILES, `batch.files may be at most ${MAX_BATCH_FILES}`)
        .describe('How many there will be'),
    })
    .nullish()
    .describe('Files that become part of the dataset together or not at all. The caller makes up the id'),
  sheet: SHEET.describe('Of Excel: the sheet to read; without it the first that is shown and not empty'),
  confirm: z
    .boolean({ error: 'confirm must be true or false' })
    .nullish()
    .describe('Add it, or replace with it, whatever columns differ, without waiting for `confirm`'),
})

const BYTES = z.int().min(0)
const PART_URLS = z.array(
  z.object({
    part_number: z.int().min(1),
    url: z.string().describe('Absolute'),
    headers: z.record(z.string(), z.string()),
    expires_in: z.number().describe('Seconds'),
  }),
)
const COMPLETION_STATUS = z.enum(COMPLETION_STATUSES).nullable()
const OBJECT = {
  s3_bucket: z.string().describe('Of a storage that is not S3: the slug of the source'),
  s3_key: z.string().describe('Of a storage that is not S3: the path'),
}
const PLAN = {
  part_size: BYTES.describe('Of every part but the last'),
  part_count: z.int().min(1),
  total_size: BYTES,
}
const COLUMN = z.object({ name: z.string(), type: z.string() })
const STEP = z.object({
  step: z.string().describe('combine, convert (of what is no Parquet), infer or register'),
  phase: z.enum(['start', 'end']),
  started_at: z.string().optional(),
  finished_at: z.string().optional(),
  status: z.enum(['running', 'ok', 'failed']),
  attempts: z.int().optional().describe('When it was begun more than once'),
  error: z.string().optional(),
})

const SESSION = {
  orgid: z.string(),
  collection_id: z.string(),
  upload_id: z.string(),
  status: z.enum(STATUSES),
  completion_status: COMPLETION_STATUS,
  ...OBJECT,
  filename: z.string(),
  ...PLAN,
  created_at: z.string(),
  updated_at: z.string(),
  completed_at: z.string().nullable(),
  parquet_schema_preview: z
    .object({
      columns: z.array(z.string()),
      schema_fields: z.array(z.object({ name: z.string(), type: z.string() })),
      row_count: BYTES,
      num_row_groups: BYTES,
      size_bytes: BYTES,
      truncated: z.literal(true).optional().describe('There are more columns; the dataset has all of them'),
    })
    .nullable(),
  schema_inferred_at: z.string().nullable(),
  dataset_id: z.string().describe('Of the dataset that it becomes; it is there once it is registered'),
  mode: z.enum(MODES),
  batch_id: z.string().nullable().describe('Of the files that become part of the dataset together'),
  differences: z
    .object({
      same: BYTES,
      added: z.array(COLUMN).describe('Only in the file; rows that are there read NULL'),
      missing: z.array(COLUMN).describe('Only in the dataset; rows of the file read NULL'),
      changed: z.array(
        z.object({
          name: z.string(),
          from: z.string().describe('In the dataset'),
          to: z.string().describe('In the file'),
          becomes: z
            .string()
            .nullable()
            .describe('What holds both, or with `replace` the type of the file; null: nothing does'),
        }),
      ),
      added_count: BYTES.describe('Of very many columns the lists have the first'),
      missing_count: BYTES,
      changed_count: BYTES,
      is_there: z
        .boolean()
        .describe('A file of this size that says the same of all its columns is part of the dataset already'),
    })
    .nullable()
    .describe(
      'How the columns of a file that is added, or replaces, differ from those of the dataset, once that is known',
    ),
  waits_for: z
    .enum(['files', 'confirmation'])
    .nullable()
    .describe('The other files of its batch, or somebody who calls `confirm`'),
  table_name: z.string().nullable().describe('The name to use in SQL, once it is registered'),
  format: z.string().describe('`parquet`, or what it is converted from: csv, tsv, ndjson, json, xlsx'),
  conversion: z
    .object({
      encoding: z.string().nullable(),
      delimiter: z.string().nullable(),
      has_header: z.boolean().nullable(),
      sheet: z.string().nullable().describe('Of Excel: the one that was read'),
      warnings: z.array(z.object({ column: z.string().nullable(), message: z.string() })),
    })
    .nullable()
    .describe('How it was read, once it is converted'),
  sheet: z.string().nullable().describe('Of Excel: the one that was asked for'),
  sheets: z
    .array(z.object({ name: z.string(), hidden: z.boolean() }))
    .nullable()
    .describe('Of Excel: the sheets of the file once it was looked at, also when nothing came of it'),
  glue_table_name: z.string().nullable(),
  glue_database_name: z.string().nullable(),
  completion_steps_log: z.array(STEP),
  failure_reason: z
    .object({ step: z.string(), exc_str: z.string().describe('At most 1,024 characters'), at: z.string() })
    .nullable(),
  error: z.string().nullable().describe('The `exc_str` of `failure_reason`'),
  final_etag: z.string().nullable(),
  content_type: z.string(),
  retryable: z.boolean().describe('Whether `retry` goes on with the step that failed'),
  bytes_received: BYTES,
  checksum: z.enum(['crc32c', 'md5']).nullable().describe('What the storage can check of each part on arrival'),
  expires_at: z.string().describe('When the session is forgotten, unless something happens to it before'),
  is_own: z.boolean().describe('Whether whoever asks has begun it'),
}

const BEGUN = {
  upload_id: z.string(),
  status: z.enum(STATUSES),
  completion_status: COMPLETION_STATUS,
  ...OBJECT,
  part_count: z.int().min(1),
  message: z.string(),
}

/** Where it is instead, so that a client that lost the first answer just carries on. */
const NOT_NOW: Answer = {
  status: 409,
  means: 'It is not in the state for this, and says in which one it is',
  content: { [JSON_TYPE]: z.object({ ...REFUSED, completion_status: COMPLETION_STATUS }) },
}

export const DATASET_UPLOADS_API = {
  init: {
    summary: 'Begin to upload a file that becomes a dataset',
    description:
      'Then each part is sent to its address with `PUT`, and `complete` is called. CSV, TSV, NDJSON, JSON and Excel (by the ending of its name, else by its type) are made into Parquet after that; what was sent is kept.',
    body: { [JSON_TYPE]: INIT_BODY },
    answers: [
      answers(
        {
          upload_id: z.string(),
          dataset_id: SESSION.dataset_id,
          batch_id: SESSION.batch_id,
          ...OBJECT,
          ...PLAN,
          checksum: SESSION.checksum,
          expires_in: z.number().describe('Seconds that the addresses are good for'),
          part_urls: PART_URLS,
        },
        { means: 'How to send it' },
      ),
    ],
  },
  list: {
    summary: 'Uploads to a collection, newest first',
    query: z.object({
      status: z
        .string()
        .optional()
        .describe(`One of ${STATUSES.join(', ')}`),
      ...PAGING,
    }),
    answers: [answers({ uploads: z.array(z.object(SESSION)), next: NEXT })],
  },
  status: { summary: 'How far an upload is', answers: [answers(SESSION)] },
  partUrls: {
    summary: 'Where parts are sent, freshly signed',
    description:
      'Each with `PUT`, with exactly its bytes and the headers given. The session gets all of its time again.',
    body: { [JSON_TYPE]: PARTS_BODY },
    answers: [answers({ part_urls: PART_URLS })],
  },
  parts: {
    summary: 'The parts that the storage holds',
    query: z.object(PAGING),
    answers: [
      answers({
        parts: z.array(
          z.object({ part_number: z.int(), size: BYTES, etag: z.string(), checksum: z.string().optional() }),
        ),
        next: NEXT,
      }),
    ],
  },
  complete: {
    summary: 'All parts are sent: make the dataset',
    body: { [JSON_TYPE]: SENT_PARTS_BODY },
    answers: [
      answers(BEGUN, { status: 202, means: 'The steps have begun. `GET` of the upload says how they go' }),
      NOT_NOW,
    ],
  },
  retry: {
    summary: 'Go on with the step that failed',
    body: { [JSON_TYPE]: RETRY_BODY },
    answers: [answers(BEGUN, { status: 202, means: 'The step has begun again' }), NOT_NOW],
  },
  confirm: {
    summary: 'Add a file whose columns differ from those of its dataset, or replace it with that',
    description:
      'And with it all files of its batch that were begun; files of the batch that were announced and not begun come no more.',
    body: { [JSON_TYPE]: z.unknown() },
    answers: [answers(BEGUN, { status: 202, means: 'It goes on. `GET` of the upload says how' }), NOT_NOW],
  },
  abort: {
    summary: 'Give an upload up',
    answers: [answers({ upload_id: z.string(), status: z.literal('aborted') }, { means: 'Nothing of it is kept' })],
  },
} satisfies Record<string, Api>

export const SHEET_API: Api = {
  summary: 'Read another sheet of the Excel file that a dataset was made of',
  description:
    'What was sent is kept, and nothing is sent again. It becomes the next version, whatever its columns; the one before is kept for 30 days.',
  body: fields({ sheet: z.string().max(MAX_SHEET_LENGTH) }),
  answers: [
    answers(
      { upload_id: z.string(), dataset_id: z.string(), status: z.enum(STATUSES) },
      { status: 202, means: 'It has begun. `GET` of the upload says how it goes' },
    ),
    SEE_OTHER,
  ],
}
