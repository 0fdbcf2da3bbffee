import { z } from 'zod'
import { type Api, JSON_TYPE } from '../web/api.ts'

const HEALTH = z.object({ ok: z.boolean(), failing: z.array(z.string()).describe('What does not answer') })

export const SERVER_API = {
  health: {
    summary: 'Whether the database and every active source answer',
    answers: [
      { status: 200, means: 'All answer', content: { [JSON_TYPE]: HEALTH } },
      { status: 503, means: 'Some do not', content: { [JSON_TYPE]: HEALTH } },
    ],
  },
  metrics: {
    summary: 'Numbers of the process, for Prometheus',
    answers: [{ status: 200, means: 'The numbers', content: { 'text/plain': null } }],
  },
  stylesheet: asset('The look', 'text/css'),
  icon: asset('The icon', 'image/svg+xml'),
  script: asset('The components, for the pages of this server', 'text/javascript'),
  editorScript: asset('The editor of queries', 'text/javascript'),
  elementsScript: forAnyPage('The components, for any page of the same origin: an ES module', 'text/javascript'),
  elementsStylesheet: forAnyPage('The look of the components, for any page', 'text/css'),
  document: {
    summary: 'This document',
    answers: [{ status: 200, means: 'OpenAPI 3.1', content: { [JSON_TYPE]: z.looseObject({ openapi: z.string() }) } }],
  },
} satisfies Record<string, Api>

function asset(summary: string, type: string): Api {
  return {
    ...forAnyPage(summary, type),
    query: z.object({ v: z.string().optional().describe('Its version; with it the answer may be kept for a year') }),
  }
}

/** At an address that stays. */
function forAnyPage(summary: string, type: string): Api {
  return {
    summary,
    answers: [
      { status: 200, means: 'All of it', content: { [type]: null } },
      { status: 304, means: 'Nothing has changed' },
    ],
  }
}
