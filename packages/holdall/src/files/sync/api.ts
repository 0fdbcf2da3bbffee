import { z } from 'zod'
import { type Api, answers, FORM_TYPE, JSON_TYPE, SEE_OTHER, TIME } from '../../web/api.ts'

const COUNT = z.int().min(0)

const SYNC = {
  source: z.string(),
  status: z.enum(['never', 'running', 'completed', 'failed']).describe('Of the newest run'),
  started_at: TIME.nullable(),
  started_by: z.string().nullable().describe('The actor; null when the server began it by itself'),
  finished_at: TIME.nullable(),
  listed: COUNT.describe('Files that the storage has listed so far'),
  added: COUNT.describe('Files that are new'),
  changed: COUNT.describe('Adopted files whose size, time or ETag is another'),
  missing: COUNT.describe('Files that the storage is without now'),
  returned: COUNT.describe('Files that were missing and are there again'),
  moved: COUNT.describe('Files that took another path there, known by their bytes: neither new nor missing any more'),
  left_out: COUNT.describe('Files that systems keep for themselves, such as .DS_Store: they are not listed'),
  missing_now: COUNT.describe('Files that the storage is without now, whoever noticed it and when; up to 10,000'),
  missing_now_truncated: z.boolean().describe('There are more than `missing_now`'),
  changed_since: COUNT.describe('Files that have had other bytes since they were listed; up to 10,000'),
  changed_since_truncated: z.boolean().describe('There are more than `changed_since`'),
  to_read: COUNT.describe(
    'Files whose type, facts, words or hash are still to be read in the background; up to 10,000',
  ),
  to_read_truncated: z.boolean().describe('There may be more than `to_read`'),
  expected: COUNT.nullable().describe('How many files the last complete run had listed'),
  failure_reason: z.string().nullable(),
}

export const SYNC_API = {
  begin: {
    summary: 'Sync a source: make the registry follow what lies there',
    description: 'A run that is under way is the answer to whoever asks for another. Nothing is read of a body.',
    body: { [JSON_TYPE]: z.unknown(), [FORM_TYPE]: z.unknown() },
    answers: [answers(SYNC, { status: 202, means: 'A run is under way' }), SEE_OTHER],
  },
  state: {
    summary: 'How far the newest sync of a source is, or how it ended',
    answers: [answers(SYNC, { means: 'The newest run' })],
  },
} satisfies Record<string, Api>
