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
} from '../../web/api.ts'
import { ASKED_TYPE, FILE } from '../api.ts'
import { MAX_IDS } from './limits.ts'

const ID = z.string().regex(/^df-[a-z0-9]{26}$/)
const TRASHED = {
  trashed_at: TIME,
  trashed_by: z.string().nullable(),
  purge_after: TIME.nullable().describe('When its bytes go; null: not by themselves'),
}

const BACK = { return: z.unknown().optional().describe('For a form: the page to go back to') }
const BATCH = z.string().optional().describe('Instead of ids: all that one request moved to the trash')

function many(more: Readonly<Record<string, z.ZodType>> = {}): NonNullable<Api['body']> {
  const form = z.object({ id: z.union([z.string(), z.array(z.string())]).optional(), ...BACK, ...more })
  return {
    [JSON_TYPE]: z.object({ ids: z.array(z.string()).max(MAX_IDS).optional(), ...more }),
    [FORM_TYPE]: form,
    [MULTIPART_TYPE]: form,
  }
}

const USE = {
  database: z.string(),
  table: z.string(),
  column: z.string(),
  key: z.string().optional().describe("The last part of the row's address"),
  label: z.string().describe('What people call the row'),
  url: z.string(),
}

const PART = z.object({
  files: z.int(),
  bytes: z.int(),
  used: z.int().describe('Files that rows use, whoever may see these'),
})

const TRASHED_NOW = TIME.nullable().describe('null: somebody has restored it, or deleted it for good, in this moment')
const HIDDEN = z.boolean().describe('true: its bytes stay in the storage, and only its entry here is in the trash')
const REMOVED = answers(
  { id: ID, ...TRASHED, trashed_at: TRASHED_NOW, hidden: HIDDEN },
  { means: 'It is in the trash' },
)

export const TRASH_API = {
  remove: { summary: 'Move a file to the trash', body: fields({}), answers: [REMOVED, SEE_OTHER] },
  removeByPost: {
    summary: 'Move a file to the trash',
    body: fields(BACK),
    answers: [REMOVED, SEE_OTHER],
  },
  restore: {
    summary: 'Restore a file from the trash, as it was',
    body: fields(BACK),
    answers: [answers({ id: ID }), SEE_OTHER],
  },
  purgePage: { summary: 'The question before a file is deleted for good', answers: [PAGE] },
  purge: {
    summary: 'Delete a file in the trash for good',
    body: fields({}),
    answers: [answers({ id: ID }), SEE_OTHER],
  },
  list: {
    summary: 'The files in the trash that the actor may delete, the last first',
    query: z.object({ ...PAGING, q: z.string().optional().describe('Words that the name has') }),
    answers: [
      PAGE,
      answers({
        files: z.array(z.object({ ...FILE, ...TRASHED })),
        total: z.int(),
        total_truncated: z.boolean(),
        going: z
          .int()
          .describe('Files that nobody can restore any more and whose bytes are still to go; at most 10,001'),
        next: NEXT,
      }),
    ],
  },
  emptyPage: {
    summary: 'What emptying the trash would delete for good',
    query: z.object({ q: z.string().optional().describe('Words that the name has') }),
    answers: [
      PAGE,
      answers({
        gone: PART.describe('What goes by itself when its time is over'),
        hidden: PART.describe('What was there before Holdall: its bytes go only if that is asked for'),
        kept: z.int().describe('Files whose bytes cannot be deleted: they stay in the trash'),
        unreachable: z.int().describe('Files whose source cannot be reached now: they stay in the trash'),
        looked_up: z
          .int()
          .describe('Of so many files, the last that were moved there, it is known whether rows use them'),
        truncated: z.boolean().describe('Not every table could be searched'),
        state: z.string().describe('To be sent back: no more is deleted than this says'),
      }),
    ],
  },
  empty: {
    summary: 'Empty the trash: delete for good all that the actor may',
    description:
      'When it is answered nobody can restore them; their bytes go one after the other. A form without `state` is answered by the question.',
    body: fields({
      state: z.string().describe('As the question said it'),
      q: z.string().optional().describe('Words that the name has'),
      hidden: z
        .union([z.boolean(), z.string()])
        .optional()
        .describe('true, or `yes` in a form: what was there before Holdall as well'),
    }),
    answers: [answers({ files: z.int() }), PAGE, SEE_OTHER],
  },
  unused: {
    summary: 'Files that no row of any table uses, of the sources where the actor may delete',
    description: 'A page may be short, even empty, before the last. When a table could not be searched, it ends early.',
    query: z.object({
      source: z.string().optional().describe('The slug of one source'),
      content_type: ASKED_TYPE,
      _next: PAGING._next,
      cursor: PAGING.cursor,
    }),
    answers: [
      PAGE,
      answers({
        files: z.array(z.object(FILE)),
        total: z
          .int()
          .nullable()
          .describe('Of all pages, on the first; null on others, and where not every table could be searched in time'),
        total_bytes: z.int().nullable(),
        total_truncated: z.boolean().describe('There may be more: at most 10,000 files are looked at for it'),
        looked_at: z.int().describe('Files looked at, on this page and before'),
        truncated: z.boolean().describe('Not every table could be searched'),
        next: NEXT,
      }),
    ],
  },
  uses: {
    summary: 'Which rows hold some files, for whoever is about to move them to the trash',
    description: 'A form is answered by the question that is asked before files that rows use go to the trash.',
    body: many(),
    answers: [
      answers({
        says: z.string().nullable().describe('For people; null: no row uses any'),
        rows: z.array(z.object({ ...USE, files: z.array(ID).describe('Those of the files that the row holds') })),
        hidden: z.array(ID).describe('Files that rows hold which the actor may not see'),
        truncated: z.boolean().describe('There may be more than these'),
      }),
      PAGE,
      SEE_OTHER,
    ],
  },
  removeMany: {
    summary: 'Move files to the trash: all of them or, when one is refused, none',
    description: 'A form without `confirm=yes` is answered by a question when rows use some of them.',
    body: many({ confirm: z.string().optional() }),
    answers: [
      answers({
        trashed: z.array(ID),
        hidden: z
          .array(ID)
          .describe('Those of them whose bytes stay in the storage: only their entries here are in the trash'),
        batch: z.string().nullable().describe('What restores exactly these'),
      }),
      PAGE,
      SEE_OTHER,
    ],
  },
  restoreMany: {
    summary: 'Restore files from the trash: all of them or none',
    body: many({ batch: BATCH }),
    answers: [answers({ restored: z.array(ID) }), SEE_OTHER],
  },
  purgeMany: {
    summary: 'Delete files in the trash for good: all of them or none',
    description: 'A form without `confirm=yes` is answered by the question.',
    body: many({ confirm: z.string().optional() }),
    answers: [answers({ purged: z.array(ID) }), PAGE, SEE_OTHER],
  },
} satisfies Record<string, Api>
