import { z } from 'zod'
import { type Api, answers, fields, NEXT, PAGE, PAGING, SEE_OTHER } from '../web/api.ts'
import { ACTION_LIST, ACTION_PLACES } from './action-list.ts'
import { LEVELS } from './levels.ts'
import { PEOPLE_OPERATIONS } from './people.ts'
import { MAX_EXPIRY_DAYS } from './token-form.ts'

const DONE = answers({})
const TEXT = z.string()
const NEXT_PAGE = z.unknown().optional().describe('The path to go to afterwards')
const PLACE = TEXT.describe('instance, database:NAME, table:DATABASE/TABLE, source:NAME or collection:ID/ORGANIZATION')

const GRANT = z.object({
  resource: PLACE,
  level: z.enum(LEVELS).nullable(),
  actions: z.array(TEXT),
  decided_by_file: z.array(TEXT).describe('What the configuration file decides instead'),
})
const PERSON = z.object({
  id: TEXT,
  name: TEXT.nullable(),
  created_at: TEXT.nullable(),
  last_seen_at: TEXT.nullable(),
  links: z.int(),
  sessions: z.int(),
  tokens: z.int(),
  grants: z.array(GRANT),
})
const NOT_REACHED = z
  .array(TEXT)
  .optional()
  .describe('What lies in what was granted and is not reached: its own rules say who may')
const RULES = z.array(z.record(TEXT, z.unknown())).describe('What the configuration file says')
const TOKEN = z.object({
  id: TEXT,
  name: TEXT,
  created_at: TEXT,
  used_at: TEXT.nullable(),
  expires_at: TEXT.nullable(),
  restrictions: z.array(TEXT).nullable(),
})

const SESSION = z.object({
  id: TEXT,
  created_at: TEXT,
  used_at: TEXT,
  expires_at: TEXT,
  user_agent: TEXT.nullable(),
})

export const ACCESS_API = {
  signInPage: {
    summary: 'What a sign-in link opens',
    query: z.object({ token: TEXT.optional(), next: NEXT_PAGE, return: NEXT_PAGE }),
    answers: [PAGE],
  },
  signIn: {
    summary: 'Sign in with a one-time link',
    body: fields({ token: TEXT, next: NEXT_PAGE, return: NEXT_PAGE }),
    answers: [answers({ actor: z.object({ id: TEXT }) }), SEE_OTHER],
  },
  signOut: {
    summary: 'End the session',
    body: fields({ next: NEXT_PAGE, return: NEXT_PAGE }),
    answers: [DONE, SEE_OTHER],
  },
  theme: {
    summary: 'Light, dark or as the system has it',
    body: fields({ theme: z.enum(['light', 'dark', 'system']), next: NEXT_PAGE, return: NEXT_PAGE }),
    answers: [answers({ theme: TEXT }), SEE_OTHER],
  },
  actor: {
    summary: 'Who asks',
    answers: [answers({ actor: z.looseObject({ id: TEXT }).nullable() })],
  },
  tokens: {
    summary: "One's own tokens and sessions",
    answers: [PAGE, answers({ tokens: z.array(TOKEN), sessions: z.array(SESSION.extend({ current: z.boolean() })) })],
  },
  changeTokens: {
    summary: 'Make or revoke a token, end sessions',
    body: fields({
      op: z.enum(['create', 'revoke', 'end-session', 'end-other-sessions']).optional(),
      name: TEXT.optional(),
      expires_days: z
        .union([z.int().min(1).max(MAX_EXPIRY_DAYS), TEXT])
        .nullish()
        .describe('Days; empty: never'),
      restrict: z
        .union([z.array(TEXT), TEXT])
        .nullish()
        .describe(
          `Actions; empty: everything that the actor may do. They are: ${ACTION_LIST.map(({ written }) => written).join(', ')}. ${ACTION_PLACES}`,
        ),
      id: TEXT.optional().describe('The token to revoke, or the session to end'),
    }),
    answers: [
      answers(
        {
          id: TEXT,
          name: TEXT,
          token: TEXT,
          expires_at: TEXT.nullable(),
          notes: z.array(TEXT).optional().describe('Of places that it is restricted to and that are not there now'),
        },
        { status: 201, means: 'The token, for the only time' },
      ),
      answers({}, { means: 'Revoked' }),
      SEE_OTHER,
    ],
  },
  people: {
    summary: 'Who is known, and what they were granted',
    query: z.object(PAGING),
    answers: [PAGE, answers({ people: z.array(PERSON), next: NEXT, rules: RULES })],
  },
  changePeople: {
    summary: 'Invite, grant, take back, remove',
    body: {
      ...fields({
        op: z.enum([...PEOPLE_OPERATIONS, 'dismiss-link']),
        actor: TEXT,
        name: TEXT.nullish(),
        level: z.enum(['', ...LEVELS]).optional(),
        resource: PLACE.optional(),
        id: TEXT.optional().describe('The link, session or token to end'),
      }),
    },
    answers: [
      answers(
        { person: PERSON.optional(), url: TEXT, expires_at: TEXT, left_to_file: z.array(TEXT).optional() },
        { status: 201, means: 'A sign-in link was made' },
      ),
      answers({ person: PERSON.optional(), left_to_file: z.array(TEXT).optional(), not_reached: NOT_REACHED }),
      SEE_OTHER,
    ],
  },
  person: {
    summary: 'One person: links, sessions, tokens, grants',
    answers: [
      PAGE,
      answers({
        person: PERSON,
        links: z.array(z.object({ id: TEXT, created_at: TEXT, created_by: TEXT.nullable(), expires_at: TEXT })),
        sessions: z.array(SESSION),
        tokens: z.array(TOKEN),
        rules: RULES,
      }),
    ],
  },
} satisfies Record<string, Api>
