import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCloud } from '../../uploads/test-cloud.ts'
import { ORGANIZATION } from '../testing.ts'
import { startTestServer } from './test-server.ts'

test('whether pages may send to where the datasets of a collection lie, to who may add to it', async () => {
  const cloud = await startCloud()
  const server = await startTestServer({ sources: { files: { storage: 'cloud', config: {} } }, types: [cloud.type] })
  const ask = async (who: string) => {
    const path = `/public/uploads/${ORGANIZATION}/medicaid/multipart/-/pages?origin=http://files.example.org`
    const answer = await fetch(server.url + path, { headers: { 'X-User-Token': who } })
    const { status, headers } = answer
    const body = await answer.text()
    server.check({ method: 'GET', path, status, type: headers.get('content-type'), body })
    return { status, body: JSON.parse(body) as Record<string, unknown> }
  }
  try {
    const { body } = await ask('alice')
    assert.deepEqual([body.pages_may_send, body.command], [false, 'holdall doctor files'])
    assert.match(String(body.says), /does not let pages of http:\/\/files\.example\.org send files to it/)
    assert.equal((await ask('reader')).status, 403)
  } finally {
    await server.close()
    await cloud.close()
  }
})
