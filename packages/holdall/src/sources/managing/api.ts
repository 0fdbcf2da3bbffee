import { z } from 'zod'
import { type Api, answers, fields, PAGE, SEE_OTHER } from '../../web/api.ts'

const TEXT = z.string()
const ALLOW = z.record(TEXT, z.unknown()).describe('Allow blocks by action, as in the configuration file')
const ANY = z.unknown().optional()

const MANAGED = z.object({
  slug: TEXT,
  label: TEXT,
  storage: TEXT,
  origin: z.enum(['configuration', 'default', 'runtime']),
  file: TEXT.nullable().describe('The configuration file that declares it; null for what was made at runtime'),
  active: z.boolean(),
  available: z.boolean(),
  unavailable_reason: TEXT.nullable(),
  config: z.record(TEXT, z.unknown()).nullable().describe('Secrets by name; null for what the file declares'),
  settings: z.record(TEXT, z.unknown()).nullable(),
  allow: ALLOW.nullable(),
  made_by: TEXT.nullable(),
  made_at: TEXT.nullable(),
  changed_at: TEXT.nullable(),
  revision: z.int().nullable().describe('Sent back with an edit, it refuses what somebody else has changed meanwhile'),
})
const TRIED = z
  .object({
    files: z.array(TEXT).nullable().describe('Paths of the first few; null where there is nothing to list yet'),
    has_more: z.boolean(),
    takes_uploads: z.boolean().nullable(),
    pages: z
      .object({
        origin: TEXT.describe('Where the pages come from: the address at which this was asked'),
        may_send: z.boolean().nullable().describe('false, or null where it was not found out in time'),
        says: TEXT,
        fix: TEXT.nullable().describe('As holdall doctor prints it'),
      })
      .optional()
      .describe('Only where pages may not send files to the storage itself, as far as is known'),
    already_in: z.array(TEXT).optional().describe('Sources that have the same files, or some of them'),
  })
  .describe('What was found by op: try')

const SOURCE = {
  label: ANY.describe('What people read'),
  config: ANY.describe('As in the configuration file; a field that is a secret takes {"$secret": NAME}'),
  values: ANY.describe('Values of secrets by their key in config, to be kept apart under names that are made for them'),
  make: ANY.describe('Whether what is missing, such as a folder, is made'),
  allow: ANY.describe('Who may, beside its maker: allow blocks by action'),
  accept: ANY,
  reject: ANY,
  max_file_size: ANY.describe('Bytes'),
  on_type_mismatch: ANY,
  sync: ANY,
  hash: ANY,
  keep_gps: ANY,
  keep_system_files: ANY.describe('Whether what systems keep for themselves is listed, such as .DS_Store'),
  secrets: ANY,
}

export const MANAGING_API = {
  list: {
    summary: 'All sources, for who may manage them; and the forms to add one',
    query: z.object({ storage: TEXT.optional().describe('The storage whose form is shown') }),
    answers: [PAGE, answers({ sources: z.array(MANAGED) })],
  },
  create: {
    summary: 'Try or make a source',
    description: 'Keys as in the configuration file. Its storage is asked before anything is saved.',
    body: fields({
      op: ANY.describe('create (the default), or try, which saves nothing'),
      slug: ANY.describe('Its name in addresses; made of the label without it'),
      storage: ANY.describe('filesystem, http, s3 or what a plugin adds'),
      ...SOURCE,
    }),
    answers: [
      answers({ source: MANAGED }, { status: 201, means: 'It is there' }),
      answers({ tried: TRIED }, { status: 200, means: 'It would work' }),
      PAGE,
      SEE_OTHER,
    ],
  },
  one: {
    summary: 'A source with its settings',
    query: z.object({
      look: z.literal('pages').optional().describe('The page asks whether pages may send files there'),
    }),
    answers: [PAGE, answers({ source: MANAGED })],
  },
  change: {
    summary: 'Edit, try, deactivate or activate a source that was made at runtime',
    description:
      'What is absent stays as it is; null unsets. Nothing is deleted: the files of a source that is deactivated stay listed.',
    body: fields({
      op: ANY.describe(
        'save (the default), try, deactivate, activate, or let-see: people who may upload there may see too',
      ),
      revision: ANY.describe('The one that was edited'),
      storage: ANY.describe('It cannot be changed'),
      ...SOURCE,
    }),
    answers: [
      answers({ source: MANAGED.optional(), tried: TRIED.optional() }, { means: 'It is done, or would work' }),
      PAGE,
      SEE_OTHER,
    ],
  },
} satisfies Record<string, Api>
