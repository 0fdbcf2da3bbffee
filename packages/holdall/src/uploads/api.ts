import { z } from 'zod'
import { type Answer, type Api, answers, JSON_TYPE, MULTIPART_TYPE, SEE_OTHER } from '../web/api.ts'

export const PREPARE_BODY = z.object({
  filename: z.string({ error: 'filename is required, as a text' }).min(1, 'filename is required'),
  content_type: z.string({ error: 'content_type must be a text' }).nullish(),
  size: z.int({ error: 'size must be a number of bytes' }).min(0, 'size must not be negative').nullish(),
  accept_methods: z.array(z.string(), { error: 'accept_methods must be a list of texts' }).max(10).nullish(),
})

export const COMPLETE_BODY = z.object({
  upload_token: z.string({ error: 'upload_token is required' }).min(1, 'upload_token is required'),
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
          upload_url: z.string(),
          upload_method: z.enum(['POST', 'PUT']),
          upload_headers: z.record(z.string(), z.string()),
          upload_fields: z.record(z.string(), z.string()),
          upload_id: z.string(),
          session_url: z.string(),
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
  abort: { summary: 'Give an upload up', answers: [answers({}, { means: 'Nothing of it is kept' })] },
} satisfies Record<string, Api>
