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
import { FILE_STATES } from './list.ts'
import { SORTS } from './search/file-list.ts'

const BYTES = z.int().min(0)
const PIXELS = z.int().nullable()

const ADDRESSES = {
  url: z.string().describe('The file for people; a path with `base_url`'),
  download_url: z.string(),
  thumbnail_url: z.string(),
}

const UNREADABLE = z
  .enum(['empty', 'other_bytes', 'cut_off', 'damaged'])
  .nullable()
  .describe('Why it cannot be read, where all of it was read: a picture or a PDF, or what is called one')

/** A file, whole. */
export const FILE = {
  id: z.string().regex(/^df-[a-z0-9]{26}$/),
  source_id: z.int(),
  source_slug: z.string(),
  path: z.string().describe('Where the bytes are in the source'),
  filename: z.string().describe('As it was sent'),
  content_type: z.string().describe('As the bytes say'),
  declared_type: z.string().nullable().describe('What the client said, where the bytes say something else'),
  content_hash: z.string().nullable().describe('`sha256:` and 64 hexadecimal digits'),
  size: BYTES.nullable(),
  width: PIXELS,
  height: PIXELS,
  uploaded_by: z.string().nullable(),
  created_at: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  search_text: z.string().describe('The description that people wrote'),
  adopted: z.boolean().describe('Whether sync found it where it lies'),
  modified_at: TIME.nullable(),
  changed_at: TIME.nullable().describe('When other bytes were last seen at its path'),
  missing_since: TIME.nullable().describe('Since when the storage is without it'),
  unreadable: UNREADABLE,
  ...ADDRESSES,
}

const DUPLICATES = z
  .array(
    z.object({
      id: z.string(),
      filename: z.string(),
      source_slug: z.string(),
      created_at: z.string(),
      url: z.string(),
    }),
  )
  .describe('Other files with the same bytes')

const BRIEF = z.object({
  id: z.string(),
  filename: z.string(),
  content_type: z.string(),
  size: BYTES.nullable(),
  width: PIXELS,
  height: PIXELS,
  content_hash: z.string().nullable(),
  source_slug: z.string(),
  created_at: z.string(),
  changed_at: TIME.nullable(),
  missing_since: TIME.nullable(),
  unreadable: UNREADABLE,
  ...ADDRESSES,
  info_url: z.string(),
})

/** What POST takes. */
export const BATCH_BODY = z.object({ ids: z.array(z.string(), { error: 'ids must be a list of file ids.' }) })

const BATCH_TELLS = {
  uses: z.string().optional().describe('Whether rows that hold the files are told too: `on`'),
  deleted: z.string().optional().describe('Whether it is told what became of those that are not there: `on`'),
}

const BATCH_ANSWER = answers(
  {
    files: z.record(z.string(), BRIEF).describe('By id'),
    uses: z
      .record(z.string(), z.object({ rows: z.int(), label: z.string().describe('What the first row is called') }))
      .optional()
      .describe(
        'By id: the rows that hold the file, as far as the actor may see them and tables could be searched in time',
      ),
    deleted: z
      .record(
        z.string(),
        z.union([
          z.object({ state: z.literal('trashed'), filename: z.string(), note: z.string() }),
          z.object({ state: z.literal('gone') }),
        ]),
      )
      .optional()
      .describe(
        'By id: files in the trash that the actor may restore, and ids that no file has, for who may browse every source',
      ),
  },
  { means: 'Those of the files that the actor may browse' },
)

const DESCRIPTION = z.string().nullish()
const UPDATE = {
  filename: z.string().optional(),
  search_text: DESCRIPTION,
  metadata: z.record(z.string(), z.unknown()).optional(),
}

/** The filter of lists by type. */
export const ASKED_TYPE = z
  .string()
  .optional()
  .describe('image/png, image/*, a group such as images, or several with commas')

const ASKED = {
  q: z
    .string()
    .optional()
    .describe('Words, all of which must be found; or the id of a file; or a SHA-256, or its first digits, 8 or more'),
  hash: z.string().optional().describe('`sha256:` and 64 hexadecimal digits'),
  content_type: ASKED_TYPE,
  state: z
    .enum(['', ...FILE_STATES])
    .optional()
    .describe(
      '`missing`: only files that their storages are without; `changed`: only files that have other bytes now; `unreadable`: only pictures that are cut off or damaged, PDFs that do not open, and what is called one and is none',
    ),
  folder: z.string().optional().describe('Only files whose path begins with it and a `/`'),
  _sort: z.enum(['', ...SORTS]).optional(),
  ...PAGING,
}

export const FILES_API = {
  index: { summary: 'Sources, search and recent files', answers: [PAGE] },
  batchByGet: {
    summary: 'Metadata of many files, by address',
    query: z.object({ id: z.array(z.string()).optional(), ...BATCH_TELLS }),
    answers: [BATCH_ANSWER],
  },
  batchByPost: {
    summary: 'Metadata of many files',
    query: z.object(BATCH_TELLS),
    body: { [JSON_TYPE]: BATCH_BODY },
    answers: [BATCH_ANSWER],
  },
  browse: {
    summary: 'The files of a source',
    query: z.object(ASKED),
    answers: [
      PAGE,
      answers({
        source: z.object({ slug: z.string(), label: z.string(), storage_type: z.string(), available: z.boolean() }),
        files: z.array(z.object(FILE)),
        total: z.int(),
        total_truncated: z.boolean(),
        next: NEXT,
        folders: z
          .array(
            z.object({
              name: z.string(),
              path: z.string(),
              files: z.int().describe('Below it; up to 1,000'),
              files_truncated: z.boolean(),
            }),
          )
          .optional()
          .describe('Right below `folder`, where it is sent, be it empty'),
        folders_truncated: z.boolean().optional(),
      }),
    ],
  },
  search: {
    summary: 'Search the files of all sources',
    description: 'More than 10,000 matches come newest first, whatever order is asked for.',
    query: z.object({ ...ASKED, source: z.string().optional().describe('The slug of one source') }),
    answers: [
      PAGE,
      answers({
        q: z.string(),
        source: z.string(),
        content_type: z.string(),
        sort: z.enum(SORTS),
        files: z.array(z.object(FILE)),
        sources: z.array(z.string()).describe('The slugs of all sources that the actor may browse'),
        total: z.int().describe('Exact up to 10,000, and where nothing is filtered'),
        total_truncated: z.boolean().describe('There are more than `total`'),
        next: NEXT,
      }),
    ],
  },
  uploadPage: { summary: 'The upload page of a source', answers: [PAGE] },
  file: {
    summary: 'One file',
    answers: [PAGE, answers({ ...FILE, duplicates: DUPLICATES }, { means: 'The record, flat' })],
  },
  download: {
    summary: 'The bytes of a file',
    query: z.object({ inline: z.string().optional().describe('1: to be shown, where the type allows it') }),
    headers: z.object({
      Range: z.string().optional(),
      'If-Range': z.string().optional(),
      'If-None-Match': z.string().optional(),
    }),
    answers: [
      { status: 200, means: 'All bytes', content: { '*/*': null } },
      { status: 206, means: 'One range', content: { '*/*': null } },
      { status: 302, means: 'Where the bytes are, for a short while' },
      { status: 304, means: 'Nothing has changed' },
    ],
  },
  thumbnail: {
    summary: 'A small picture of a file, or an icon of its type',
    query: z.object({ w: z.string().optional(), h: z.string().optional() }),
    answers: [
      {
        status: 200,
        means: 'The picture',
        content: { 'image/webp': null, 'image/jpeg': null, 'image/png': null, 'image/svg+xml': null },
      },
      { status: 304, means: 'Nothing has changed' },
    ],
  },
  offeredDescription: {
    summary: 'The description of another file, for one that has none',
    query: z.object({ from: z.string().describe('The file whose place it took') }),
    answers: [
      answers({
        description: z
          .string()
          .nullable()
          .describe('null: there is none, the file has one itself, or the actor may not see or edit it'),
      }),
    ],
  },
  copyDescription: {
    summary: 'Copy the description of another file',
    description: 'Only where there is none; what was written is never replaced.',
    body: fields({ from: z.string().describe('The id of the other file') }),
    answers: [answers({ description: z.string() })],
  },
  updatePage: { summary: 'The form for name and description', answers: [PAGE] },
  update: {
    summary: 'Change the name, the description or the metadata',
    body: {
      [JSON_TYPE]: z.object({ update: z.object(UPDATE) }),
      [FORM_TYPE]: z.object({ filename: z.string(), search_text: z.string() }).partial(),
      [MULTIPART_TYPE]: z.object({ filename: z.string(), search_text: z.string() }).partial(),
    },
    answers: [answers({ file: z.object({ ...FILE, duplicates: DUPLICATES }) }), SEE_OTHER],
  },
} satisfies Record<string, Api>
