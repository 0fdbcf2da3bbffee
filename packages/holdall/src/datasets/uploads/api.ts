import { z } from 'zod'
import { PARTS_BODY } from '../../uploads/api.ts'
import { MAX_PARTS } from '../../uploads/limits.ts'
import { type Api, answers, JSON_TYPE, NEXT } from '../../web/api.ts'

export const STATUSES = ['initiated', 'completing', 'completed', 'failed', 'aborted', 'expired'] as const
const COMPLETION_STATUSES = [
  ...(['combining', 'combined', 'inferring', 'inferred', 'registering', 'registered'] as const),
  'failed',
] as const

export const INIT_BODY = z.object({
  filename: z.string({ error: 'filename is required, as a text' }).min(1, 'filename is required'),
  total_size: z
    .int({ error: 'total_size is required: the number of bytes' })
    .min(1, 'total_size must be at least 1: an empty file is no Parquet file'),
  content_type: z.string({ error: 'content_type must be a text' }).nullish(),
  part_size: z.int({ error: 'part_size must be a number of bytes' }).min(1, 'part_size must be at least 1').nullish(),
  part_urls: z
    .int({ error: 'part_urls must be a number: how many addresses to answer' })
    .min(0, 'part_urls must not be negative')
    .max(MAX_PARTS, `part_urls may be at most ${MAX_PARTS}`)
    .nullish()
    .describe('How many addresses of parts the answer has, from the first on; all of them without it'),
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
const STEP = z.object({
  step: z.string().describe('combine, infer or register'),
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
  table_name: z.string().nullable().describe('The name to use in SQL, once it is registered'),
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

export const DATASET_UPLOADS_API = {
  init: {
    summary: 'Begin to upload a Parquet file that becomes a dataset',
    description: 'Then each part is sent to its address with `PUT`, and `complete` is called.',
    body: { [JSON_TYPE]: INIT_BODY },
    answers: [
      answers(
        {
          upload_id: z.string(),
          dataset_id: SESSION.dataset_id,
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
      _next: z.string().optional().describe('Where the page begins: the `next` of the page before'),
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
    query: z.object({ _next: z.string().optional().describe('Where the page begins: the `next` of the page before') }),
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
    description: '`parts` with their `part_number` and `etag` is advice; what counts is what the storage holds.',
    body: { [JSON_TYPE]: z.unknown() },
    answers: [answers(BEGUN, { status: 202, means: 'The steps have begun. `GET` of the upload says how they go' })],
  },
  retry: {
    summary: 'Go on with the step that failed',
    body: { [JSON_TYPE]: z.unknown() },
    answers: [answers(BEGUN, { status: 202, means: 'The step has begun again' })],
  },
  abort: {
    summary: 'Give an upload up',
    answers: [answers({ upload_id: z.string(), status: z.literal('aborted') }, { means: 'Nothing of it is kept' })],
  },
} satisfies Record<string, Api>
