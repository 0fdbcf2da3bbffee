import { type ZodType, z } from 'zod'
import { type Answer, JSON_TYPE, REFUSED } from '../web/api.ts'
import type { Route } from '../web/route.ts'
import { SERVER_API } from './api.ts'
import { VERSION } from './version.ts'

type Json = Readonly<Record<string, unknown>>

/** How every refusal looks, whatever the route. */
const REFUSAL = z.object(REFUSED)

/**
 * The OpenAPI 3.1 document of the routes: one operation for every address and method, with the schemas that the rooms
 * read bodies with and write answers by.
 *
 * @param base `base_url`, or empty
 */
export function openApiDocument(routes: readonly Route[], base: string): Json {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    for (const [path, ending] of addressesOf(route)) {
      const methods = paths[path] ?? {}
      paths[path] = methods
      // A page and its JSON twin may be two routes at one address; what both answer belongs to one operation.
      methods[route.method.toLowerCase()] ??= operation(route, path, ending)
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdall',
      version: VERSION,
      description:
        'Files for your tables, tables from your files. Refusals have one shape everywhere; their `code` is stable.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: base === '' ? '/' : base }],
    security: [{ token: [] }, { userToken: [] }, { session: [] }, {}],
    paths,
    components: {
      schemas: { Refusal: jsonSchema(REFUSAL, 'output') },
      responses: { Refusal: { description: 'Refused', content: { [JSON_TYPE]: { schema: REFUSAL_REFERENCE } } } },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'From /-/tokens or `holdall token create`' },
        userToken: { type: 'apiKey', in: 'header', name: 'X-User-Token', description: 'The same token' },
        session: { type: 'apiKey', in: 'cookie', name: 'holdall_session' },
      },
    },
  }
}

const REFUSAL_REFERENCE = { $ref: '#/components/schemas/Refusal' }

/** Every address of a route in OpenAPI's notation, and whether it is the one that ends in `.json`. */
export function addressesOf({ path, json }: Pick<Route, 'path' | 'json'>): (readonly [string, 'json' | 'plain'])[] {
  const written = path.replace(/:(\w+)(?:\{[^}]+\})?/g, '{$1}').replace(/\/\.csv$/, '.csv')
  return [
    ...(json === 'only' ? [] : [[written, 'plain'] as const]),
    ...(json ? [[`${written}.json`, 'json'] as const] : []),
  ]
}

function operation({ method, api, need }: Route, path: string, ending: 'json' | 'plain'): Json {
  const body = Object.entries(api.body ?? {})
  return {
    operationId: operationId(method, path),
    summary: api.summary,
    ...(api.description !== undefined && { description: api.description }),
    tags: [tagOf(path)],
    ...(need.kind === 'permission' && { 'x-permission': need.action }),
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...parameters(api.query, 'query'),
      ...parameters(api.headers, 'header'),
    ],
    ...(body.length > 0 && {
      requestBody: {
        content: Object.fromEntries(body.map(([type, schema]) => [type, { schema: jsonSchema(schema, 'input') }])),
      },
    }),
    responses: {
      ...Object.fromEntries(byStatus(api.answers, ending)),
      '4XX': { $ref: '#/components/responses/Refusal' },
      '5XX': { $ref: '#/components/responses/Refusal' },
    },
  }
}

function byStatus(answers: readonly Answer[], ending: 'json' | 'plain'): Map<string, Json> {
  const responses = new Map<string, { description: string; content?: Record<string, unknown> }>()
  for (const { status, means, content = {} } of answers) {
    const types = Object.entries(content).filter(([type]) => ending === 'plain' || type !== 'text/html')
    if (types.length === 0 && Object.keys(content).length > 0) continue
    const before = responses.get(String(status))
    const entries = types.map(([type, schema]) => [
      type,
      schema === null ? {} : { schema: jsonSchema(schema, 'output') },
    ])
    responses.set(String(status), {
      description: before?.description ?? means,
      ...((before?.content || entries.length > 0) && {
        content: { ...before?.content, ...Object.fromEntries(entries) },
      }),
    })
  }
  return responses
}

function parameters(schema: z.ZodObject | undefined, where: 'query' | 'header'): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, type]) => {
    const { description, ...rest } = jsonSchema(type as ZodType, 'input') as { description?: string }
    return {
      name,
      in: where,
      required: !(type as ZodType).safeParse(undefined).success,
      ...(description !== undefined && { description }),
      schema: rest,
    }
  })
}

function jsonSchema(schema: ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return rest
}

function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const name = words.length === 0 ? ['home'] : words
  return [method.toLowerCase(), ...name].join('_')
}

function tagOf(path: string): string {
  if (path.startsWith('/public/uploads')) return 'Datasets'
  if (!path.startsWith('/-/')) return 'Tables'
  if (/^\/-\/(?:datasets|collections)/.test(path)) return 'Datasets'
  if (path.startsWith('/-/files')) return 'Files'
  return /^\/-\/(?:sign|people|tokens|actor|theme)/.test(path) ? 'People' : 'Server'
}

/** `GET /-/openapi.json`. The document never changes while the server runs, so that it is made once. */
export function openApiRoute(routes: () => readonly Route[], base: string): Route {
  let document: Json | undefined
  return {
    method: 'GET',
    path: '/-/openapi',
    json: 'only',
    need: { kind: 'public', because: 'it says what the server can do, and nothing of what is in it' },
    api: SERVER_API.document,
    handler(c) {
      document ??= openApiDocument(routes(), base)
      return c.json(document)
    },
  }
}
