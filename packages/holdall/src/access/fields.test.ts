import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { asHoldallError } from '../web/error.ts'
import type { RouteEnv } from '../web/route.ts'
import { readFields } from './fields.ts'

test('a form whose sender goes away is no failure of the server', async () => {
  const refusal = Promise.withResolvers<number>()
  const began = Promise.withResolvers<void>()
  const app = new Hono<RouteEnv>().post('/', async (c) => {
    began.resolve()
    return c.json(await readFields(c))
  })
  app.onError((error, c) => {
    refusal.resolve(asHoldallError(error).status)
    return c.text('refused', 400)
  })
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  server.listen(0)
  await once(server, 'listening')
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': 100 }
  const sending = request({ port: (server.address() as AddressInfo).port, method: 'POST', headers })
  sending.on('error', () => {})
  sending.write('theme=')
  await began.promise
  sending.destroy()
  assert.equal(await refusal.promise, 400)
  server.closeAllConnections()
  server.close()
})
