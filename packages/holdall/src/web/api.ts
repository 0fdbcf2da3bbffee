import { type ZodObject, type ZodType, z } from 'zod'
import { ERRORS } from './errors.ts'

/**
 * What a route takes and answers, for the OpenAPI document. Refusals that look the same everywhere need not be told.
 * A body's schema accepts every body that the route accepts; what a route demands beyond it stands in `description`.
 */
export interface Api {
  /** One line: "Metadata of many files". */
  readonly summary: string
  readonly description?: string
  /** Parameters of the query; all are optional unless the schema says otherwise. */
  readonly query?: ZodObject
  readonly headers?: ZodObject
  /** By media type. */
  readonly body?: Readonly<Record<string, ZodType>>
  readonly answers: readonly Answer[]
}

export interface Answer {
  readonly status: number
  /** When this is the answer: "The file is here". */
  readonly means: string
  /** By media type; null where nothing can be said of what is in it. */
  readonly content?: Readonly<Record<string, ZodType | null>>
}

export const JSON_TYPE = 'application/json'
export const FORM_TYPE = 'application/x-www-form-urlencoded'
export const MULTIPART_TYPE = 'multipart/form-data'

/** An answer in JSON with `ok: true`; an error's `ok` is false. */
export function answers(
  fields: Readonly<Record<string, ZodType>>,
  { status = 200, means = 'It is done' } = {},
): Answer {
  return { status, means, content: { [JSON_TYPE]: z.object({ ok: z.literal(true), ...fields }) } }
}

/** What every refusal has. */
export const REFUSED = {
  ok: z.literal(false),
  error: z.string().describe('All messages, separated by semicolons'),
  errors: z.array(z.string()),
  status: z.int(),
  code: z.enum(Object.keys(ERRORS) as [string, ...string[]]).describe('Stable: match on this'),
  fields: z.record(z.string(), z.string()).optional().describe('Messages by field, of `bad_request`'),
}

/** A page for people. */
export const PAGE: Answer = { status: 200, means: 'The page', content: { 'text/html': null } }

/** To a form that a page sent. */
export const SEE_OTHER: Answer = { status: 303, means: 'Done, for a form that a page sent: where to look next' }

/** ISO 8601 in UTC. */
export const TIME = z.iso.datetime({ offset: true })

/** What lists give out and take back. */
export const NEXT = z.string().nullable().describe('Passed back as `_next` for the next page; null on the last')

/** What every list that is paged takes. */
export const PAGING = {
  _next: z.string().optional().describe('Where the page begins: the `next` of the page before'),
  cursor: z.string().optional().describe('The same as `_next`'),
  _size: z.string().optional().describe('Entries on a page'),
  limit: z.string().optional().describe('The same as `_size`'),
}

/** A body of fields, as a form or as a JSON object. */
export function fields(shape: Readonly<Record<string, ZodType>>): Record<string, ZodType> {
  const schema = z.object(shape)
  return { [JSON_TYPE]: schema, [FORM_TYPE]: schema, [MULTIPART_TYPE]: schema }
}
