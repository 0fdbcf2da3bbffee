import { z } from 'zod'
import { type Answer, type Api, answers, JSON_TYPE, MULTIPART_TYPE, NEXT, PAGING, SEE_OTHER } from '../web/api.ts'
import { MAX_PARTS, MAX_PARTS_ASKED } from './limits.ts'

export const PREPARE_BODY = z.object({
  filename: z.string({ error: 'filename is required, as a text' }).min(1, 'filename is required'),
  content_type: z.string({ error: 'content_type must be a text' }).nullish(),
  size: z.int({ error: 'size must be a number of bytes' }).min(0, 'size must not be negative').nullish(),
  accept_methods: z.array(z.string(), { error: 'accept_methods must be a list of texts' }).max(10).nullish(),
})

export const COMPLETE_BODY = z.object({
  upload_token: z.string({ error: 'upload_token is required' }).min(1, 'upload_token is required'),
})

const PART_NUMBER = z.int({ error: 'part_numbers must be whole numbers from 1' }).min(1).max(MAX_PARTS)

export const PARTS_BODY = z.object({
  part_numbers: z
    .array(PART_NUMBER, { error: 'part_numbers must be a list of numbers' })
    .min(1, 'part_numbers is empty')
    .max(MAX_PARTS_ASKED, `part_numbers may have at most ${MAX_PARTS_ASKED}`),
  checksums: z
    .record(
      z.string().regex(/^[1-9]\d{0,4}$/, 'checksums must be by part number'),
      z.string({ error: 'checksums must be texts' }).max(64, 'checksums are no longer than 64'),
      {
        error: 'checksums must be texts by part number',
      },
    )
    .nullish(),
})

/** What `complete` is sent: nothing of it is needed, and what is more or other than this is passed over. */
export const SENT_PARTS_BODY = z.looseObject({
  parts: z
    .array(z.looseObject({ part_number: z.int(), etag: z.string().nullish() }))
    .optional()
    .describe('Advice; what counts is what the storage holds'),
})

// What a file is, the room above says; here it is passed on as it comes.
const FILE = z.record(z.string(), z.unknown())
const BYTES = z.int().min(0)
const BINARY = z.string().meta({ format: 'binary' })

const RUNNING = { upload_id: z.string(), status: z.literal('completing'), status_url: z.string() }
const STORED = {
  file_id: z.string(),
  filename: z.string(),
  content_type: z.string(),
  size: BYTES,
  url: z.string(),
  file: FILE,
}

const FINISHING: Answer = answers(RUNNING, {
  status: 202,
  means: 'The bytes are here and safe; the file is being made. `status_url` says when',
})

const METHOD = z.enum(['POST', 'PUT', 'MULTIPART'])
const CHECKSUM = z.enum(['crc32c', 'md5']).nullable().describe('What the storage can check of each part on arrival')
const PLAN = {
  part_size: BYTES.describe('Of every part but the last'),
  part_count: z.int().min(1),
  checksum: CHECKSUM,
}

/** What a page asks before somebody sends for minutes what is not taken. */
export const PAGES_API = {
  summary: 'Whether pages may send to the storage',
  description: 'Asked as a browser asks before it sends there; nothing is sent.',
  query: z.object({ origin: z.string().optional().describe('Of the pages; without it, that of the request') }),
  answers: [
    answers({
      origin: z.string(),
      pages_may_send: z.boolean().nullable().describe('null: it was not found out'),
      says: z.string().nullable().describe('Why they may not'),
      command: z.string().nullable().describe('For whoever runs the server: what says what to do'),
    }),
  ],
} satisfies Api

export const UPLOADS_API = {
  single: {
    summary: 'Upload in one request',
    description:
      'A multipart form with one or several `file` parts, or the bytes themselves with the name in `filename` or `X-Filename`.',
    query: z.object({ filename: z.string().optional().describe('Percent-encoded UTF-8') }),
    headers: z.object({ 'X-Filename': z.string().optional().describe('Percent-encoded UTF-8') }),
    body: { [MULTIPART_TYPE]: z.object({ file: z.array(BINARY) }), '*/*': BINARY },
    answers: [
      {
        status: 201,
        means: 'One file; of several, `files` has them all',
        content: {
          [JSON_TYPE]: z.union([
            z.object({ ok: z.literal(true), ...STORED }),
            z.object({ ok: z.literal(true), files: z.array(z.union([z.object(STORED), z.object(RUNNING)])) }),
          ]),
        },
      },
      FINISHING,
      SEE_OTHER,
    ],
  },
  prepare: {
    summary: 'Three steps, the first: announce a file',
    body: { [JSON_TYPE]: PREPARE_BODY },
    answers: [
      answers(
        {
          upload_token: z.string(),
          upload_url: z.string().nullable().describe('Of this server or of the storage; null where parts are sent'),
          upload_method: METHOD,
          upload_headers: z.record(z.string(), z.string()),
          upload_fields: z.record(z.string(), z.string()),
          upload_id: z.string(),
          session_url: z.string(),
          part_size: PLAN.part_size.optional(),
          part_count: PLAN.part_count.optional(),
          checksum: CHECKSUM.optional(),
        },
        { means: 'How to send the bytes' },
      ),
    ],
  },
  uploadForm: {
    summary: 'Three steps, the second: the bytes, as a form',
    body: { [MULTIPART_TYPE]: z.object({ upload_token: z.string(), file: BINARY }) },
    answers: [answers({}, { means: 'The bytes are here' })],
  },
  uploadRaw: {
    summary: 'Three steps, the second: the bytes themselves',
    headers: z.object({ 'X-Upload-Token': z.string() }),
    body: { '*/*': BINARY },
    answers: [answers({}, { means: 'The bytes are here' })],
  },
  complete: {
    summary: 'Three steps, the third: make the file',
    body: { [JSON_TYPE]: COMPLETE_BODY },
    answers: [
      answers({ file: FILE }, { status: 201, means: 'The file is made' }),
      answers({ file: FILE }, { means: 'The file was made before' }),
      answers({ status_url: z.string() }, { status: 202, means: 'The file is being made. `status_url` says when' }),
    ],
  },
  session: {
    summary: 'How far an upload is',
    answers: [
      answers({
        upload_id: z.string(),
        upload_method: METHOD,
        part_size: PLAN.part_size.nullable(),
        part_count: PLAN.part_count.nullable(),
        checksum: CHECKSUM,
        status: z.enum(['initiated', 'completing', 'completed', 'failed', 'aborted', 'expired']),
        completion_status: z.string().nullable(),
        completion_steps_log: z.array(z.record(z.string(), z.unknown())),
        filename: z.string(),
        content_type: z.string().nullable(),
        total_size: BYTES.nullable(),
        bytes_received: BYTES,
        created_at: z.string(),
        updated_at: z.string(),
        completed_at: z.string().nullable(),
        failure_reason: z.record(z.string(), z.unknown()).nullable(),
        file: FILE.optional(),
      }),
    ],
  },
  openSessions: {
    summary: "The actor's uploads in parts that are not complete, newest first",
    description: 'How a client finds what it can go on with. Nobody who has not signed in has any.',
    query: z.object({
      filename: z.string().optional(),
      size: z.string().optional().describe('Bytes'),
      ...PAGING,
    }),
    answers: [
      answers({
        sessions: z.array(
          z.object({
            upload_id: z.string(),
            session_url: z.string(),
            filename: z.string(),
            total_size: BYTES,
            ...PLAN,
            upload_method: z.literal('MULTIPART'),
            bytes_received: BYTES,
            last_part_at: z.string().nullable().describe('When its last part arrived, where the storage knows it'),
            last_part_seconds_ago: z.int().nullable().describe('The same, whatever the clock of who asks says'),
            created_at: z.string(),
            updated_at: z.string(),
          }),
        ),
        next: NEXT,
      }),
    ],
  },
  pages: PAGES_API,
  parts: {
    summary: 'The parts that the storage holds',
    query: z.object(PAGING),
    answers: [
      answers({
        parts: z.array(
          z.object({
            part_number: z.int(),
            size: BYTES,
            etag: z.string(),
            checksum: z.string().optional().describe('In base64'),
          }),
        ),
        next: NEXT,
      }),
    ],
  },
  partUrls: {
    summary: 'Where parts are sent',
    description: 'Each with `PUT`, with exactly its bytes and the headers given. The session gets another week.',
    body: { [JSON_TYPE]: PARTS_BODY },
    answers: [
      answers({
        part_urls: z.array(
          z.object({
            part_number: z.int(),
            url: z.string().describe('Absolute'),
            headers: z.record(z.string(), z.string()),
            expires_in: z.number().describe('Seconds'),
          }),
        ),
      }),
    ],
  },
  part: {
    summary: 'A part, at an address that was given for it',
    query: z.object({
      size: z.string().optional(),
      expires: z.string().optional(),
      checksum: z.string().optional(),
      signature: z.string().optional(),
    }),
    body: { '*/*': BINARY },
    answers: [{ status: 200, means: 'It is stored; `ETag` is its MD5 in hexadecimal' }],
  },
  completeSession: {
    summary: 'All parts are sent: make the file',
    body: { [JSON_TYPE]: SENT_PARTS_BODY },
    answers: [
      answers({ file: FILE }, { status: 201, means: 'The file is made' }),
      answers({ file: FILE }, { means: 'The file was made before' }),
      answers({ status_url: z.string() }, { status: 202, means: 'The file is being made. `status_url` says when' }),
    ],
  },
  abort: { summary: 'Give an upload up', answers: [answers({}, { means: 'Nothing of it is kept' })] },
} satisfies Record<string, Api>
