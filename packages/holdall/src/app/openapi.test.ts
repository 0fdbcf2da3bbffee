import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { loadConfig } from '../config/config.ts'
import { createLog } from '../web/log.ts'
import { assemble } from './holdall.ts'
import { addressesOf } from './openapi.ts'
import { createOpenApiCheck, type Document } from './openapi-check.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-openapi-'))
const { config } = loadConfig({ env: {}, cwd: folder, overrides: { settings: { base_url: '/files/' } } })
const holdall = await assemble({ config, data: join(folder, 'data'), env: {}, log: createLog(() => {}) })
after(async () => {
  await holdall.close()
  rmSync(folder, { recursive: true, force: true })
})
const answer = await holdall.http.fetch(new Request('http://test/files/-/openapi.json'))
const document = (await answer.json()) as Document & {
  readonly servers: unknown
  readonly security: readonly object[]
}

test('the document is OpenAPI 3.1', async () => {
  assert.equal(answer.status, 200)
  assert.deepEqual(document.servers, [{ url: '/files' }])
  const { valid, errors } = await new Validator().validate(structuredClone(document) as never)
  assert(valid, String(JSON.stringify(errors, null, 2)).slice(0, 4_000))
})

test('every way to say who asks is in it', () => {
  const { securitySchemes } = document.components as unknown as { securitySchemes: Record<string, object> }
  assert.deepEqual(
    document.security.flatMap((one) => Object.keys(one)),
    Object.keys(securitySchemes),
  )
  const { description: _, ...header } = securitySchemes.userToken as { description?: string }
  assert.deepEqual(header, { type: 'apiKey', in: 'header', name: 'X-User-Token' })
})

test('an upload is completed with its parts, or without', () => {
  for (const path of [
    '/public/uploads/{organization}/{collection}/multipart/{upload}/complete',
    '/-/files/upload/{source}/-/sessions/{upload}/complete',
  ]) {
    const body = document.paths[path]?.post?.requestBody?.content['application/json']?.schema
    const { properties, required = [] } = body as { properties: Record<string, object>; required?: string[] }
    assert.deepEqual([Object.keys(properties), required], [['parts'], []])
  }
})

test('every address of every route is in it, with its method, and nothing else is', () => {
  const served = holdall.routes.flatMap((route) =>
    addressesOf(route).map(([address]) => `${route.method.toLowerCase()} ${address}`),
  )
  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  assert.deepEqual([...new Set(served)].sort(), told.sort())
})

test('every operation has a name of its own', () => {
  const names = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  )
  assert.equal(new Set(names).size, names.length, `${names.filter((name, at) => names.indexOf(name) !== at)}`)
})

test('what it does not say is noticed: a status, a type, a field, a body', () => {
  const { check } = createOpenApiCheck(holdall.routes)
  const asked = { method: 'GET', path: '/-/actor.json', type: 'application/json', status: 200 }
  check({ ...asked, body: '{"ok": true, "actor": null}' })
  assert.throws(() => check({ ...asked, body: '{"ok": true}' }), /must have required property 'actor'/)
  assert.throws(() => check({ ...asked, body: '{"ok": true, "actor": null, "more": 1}' }), /additional properties/)
  assert.throws(() => check({ ...asked, status: 202, body: '{}' }), /202 is not in the document/)
  assert.throws(() => check({ ...asked, type: 'text/plain', body: 'ok' }), /is text\/plain/)
  assert.throws(() => check({ ...asked, status: 404, body: '{"ok": false, "code": "nope"}' }), /allowed values/)
  const made = { method: 'POST', path: '/-/files/batch.json', type: 'application/json', status: 200 }
  const sent = { type: 'application/json', body: '{"ids": 5}' }
  assert.throws(() => check({ ...made, sent, body: '{"ok": true, "files": {}}' }), /must be array/)
})
