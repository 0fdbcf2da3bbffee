import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Route } from '../web/route.ts'
import { addressesOf, openApiDocument } from './openapi.ts'

interface Response {
  readonly description?: string
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>
}
interface Operation {
  readonly operationId: string
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: object }>> }
  readonly responses: Readonly<Record<string, Response & { readonly $ref?: string }>>
}
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly responses: Readonly<Record<string, Response>>; readonly schemas: object }
}

/** What was sent and what came back. */
export interface Exchange {
  readonly method: string
  /** Without `base_url`. */
  readonly path: string
  readonly sent?: { readonly type: string; readonly body: string }
  readonly status: number
  readonly type: string | null
  readonly body: string
}

/** For tests: holds what the server answers to what its OpenAPI document says. */
export function createOpenApiCheck(routes: readonly Route[]) {
  const document = openApiDocument(routes, '') as unknown as Document
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema({ ...document, $id: 'holdall' })
  const seen = new Set<string>()
  const places = routes.flatMap((route) =>
    addressesOf(route).map(([address]) => ({
      address,
      method: route.method,
      parameters: address.split('{').length,
      pattern: new RegExp(`^${route.path === '/' && address === '/.json' ? '/\\.json' : toPattern(address)}$`),
    })),
  )

  function operationOf(method: string, path: string): readonly [string, Operation] | undefined {
    const name = method === 'HEAD' ? 'GET' : method
    const matching = places
      .filter((place) => place.method === name && place.pattern.test(path))
      .filter((place) => !(path.startsWith('/-/') && place.address.startsWith('/{')))
      .filter((place) => path.endsWith('.json') === place.address.endsWith('.json'))
      .sort((a, b) => a.parameters - b.parameters)
    const operation = matching[0] && document.paths[matching[0].address]?.[name.toLowerCase()]
    return matching[0] && operation && [matching[0].address, operation]
  }

  /** @throws AssertionError that says which part of the document does not hold */
  function check({ method, path, sent, status, type, body }: Exchange): void {
    const [address, operation] = operationOf(method, path) ?? []
    if (address === undefined || operation === undefined) return
    const where = `${method} ${address} ${status}`
    const told = operation.responses[status] ?? (status >= 400 ? document.components.responses.Refusal : undefined)
    assert(told, `${where} is not in the document`)
    if (status < 400) seen.add(operation.operationId)
    if (method === 'HEAD' || body === '') return
    const content = told.content ?? {}
    const media = (type ?? '').split(';')[0]?.trim() ?? ''
    if (status >= 400 && media === 'text/html') return
    const entry = content[media] ?? content['*/*']
    assert(
      entry,
      `${where} is ${media}, and the document says ${Object.keys(content).join(', ') || 'nothing of a body'}`,
    )
    if (media !== 'application/json') return
    // Integers past 2^53 are none that JSON.parse keeps; the document says nothing about them.
    hold(entry.schema, JSON.parse(body), `${where} answers ${body.slice(0, 600)}`)
    if (status < 300 && sent?.type.startsWith('application/json') && sent.body !== '') {
      const asked = operation.requestBody?.content['application/json']
      assert(asked, `${where} took JSON, and the document does not say so`)
      if (isAnything(asked.schema)) return
      hold(asked.schema, JSON.parse(sent.body), `${where} took ${sent.body.slice(0, 600)}`)
    }
  }

  const compiled = new Map<object, ReturnType<Ajv2020['compile']>>()
  function hold(schema: object | undefined, value: unknown, where: string): void {
    if (schema === undefined) return
    const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"holdall#/')) as object
    const validate = compiled.get(schema) ?? ajv.compile(local)
    compiled.set(schema, validate)
    assert(validate(value), `${where}\n${ajv.errorsText(validate.errors, { separator: '\n' })}`)
  }

  return { document, check, seen }
}

/** Whether nothing is read of what is sent. */
function isAnything(schema: object | undefined): boolean {
  return Object.keys(schema ?? {}).length === 0
}

function toPattern(address: string): string {
  return address.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]*')
}
