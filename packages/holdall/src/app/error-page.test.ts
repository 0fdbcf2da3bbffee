import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldallError } from '../web/error.ts'
import { createUrls } from '../web/url.ts'
import { cameFrom, errorPage } from './error-page.ts'

async function shown(
  error: HoldallError,
  path = '/-/x',
  actor: { id: string } | null = { id: 'bob' },
  from: string | null = null,
) {
  const frame = { urls: createUrls('/'), actor, theme: 'system', path } as const
  const page = String(await errorPage(frame, error, 'request-1', from))
  const [, main = ''] = /<main[^>]*>(.*)<\/main>/s.exec(page) ?? []
  return { text: main.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' '), main }
}

test('what is not found is named, and whether it exists is left open', async () => {
  const file = await shown(new HoldallError('file_not_found', { id: 'df-1' }))
  assert.match(file.text, /df-1 does not exist, or you may not see it\. All files/)
  const table = await shown(new HoldallError('table_not_found', { name: '<b>' }), '/db/~3Cb~3E?_sort=a')
  assert.match(table.text, /&lt;b&gt; does not exist, or you may not see it\./)
  assert.match(table.main, /href="\/db">Tables of this database/)
  const row = await shown(new HoldallError('row_not_found'), '/db/items/99')
  assert.match(row.main, /href="\/db\/items">Rows of this table/)
})

test('who may not is told who they are, what is missing and what to do', async () => {
  const values = { action: 'update-row', resource: 'collection/objects', place: 'objects' }
  const denied = new HoldallError('permission_denied', values)
  assert.equal(denied.message, 'Permission denied: update-row on collection/objects')
  assert.match(
    (await shown(denied)).text,
    /^ You may not do this You may not change rows of objects\. You are signed in as bob\. Ask somebody who manages this server\. .*403 · permission_denied · update-row $/,
  )
  const inOwnWords = new HoldallError('permission_denied', { action: 'update-row', resource: '' }, { errors: ['No'] })
  assert.match((await shown(inOwnWords)).text, /No\. You are signed in as bob\./)
  const stranger = new HoldallError('sign_in_required', { action: 'manage-people', place: 'this server' })
  assert.match((await shown(stranger, '/-/people', null)).text, /Sign in to manage the people of this server\./)
  const anonymous = await shown(new HoldallError('sign_in_required', { action: 'an account' }), '/-/tokens', null)
  assert.match(anonymous.main, /href="\/-\/sign-in\?return=%2F-%2Ftokens"/)
})

test('only what could not be read is said not to be understood', async () => {
  const kept = await shown(new HoldallError('source_keeps_files', { source: 'archive' }))
  assert.match(kept.text, /^ The bytes stay where they are The source archive cannot delete bytes\./)
  const readOnly = await shown(new HoldallError('source_read_only', { source: 'archive' }))
  assert.match(readOnly.text, /^ That cannot be done The source archive takes no uploads\./)
  const unread = await shown(new HoldallError('invalid_cursor'))
  assert.match(unread.text, /^ The request cannot be understood /)
})

test('a refused condition ends with a full stop and leads back to the page without it', async () => {
  const refused = await shown(new HoldallError('bad_request', { reason: 'Cannot sort table by x' }), '/db/t?_sort=x')
  assert.match(refused.text, /Cannot sort table by x\. This page without conditions/)
  assert.match(refused.main, /href="\/db\/t"/)
})

test('a refused form leads back to the page that it was sent from, of this server only', async () => {
  const url = 'http://holdall.example/db/items/1/-/edit'
  const path = '/db/items/1/-/edit?a=1'
  assert.equal(cameFrom({ method: 'POST', url, referer: `https://holdall.example${path}` }), path)
  for (const referer of [
    undefined,
    '',
    'not an address',
    'about:blank',
    'javascript://holdall.example/%0aalert(1)',
    `http://other.example${path}`,
    'http://holdall.example//other.example/',
  ]) {
    assert.equal(cameFrom({ method: 'POST', url, referer }), null, referer)
  }
  assert.equal(cameFrom({ method: 'GET', url, referer: `http://holdall.example${path}` }), null)
  const denied = new HoldallError('permission_denied', { action: 'update-row', resource: 'db/items' })
  const { main } = await shown(denied, '/db/items/1/-/edit', { id: 'bob' }, path)
  assert.match(main, /class="button" href="\/db\/items\/1\/-\/edit\?a=1">.*Back to where you were/)
  assert.match(main, /Sign in as someone else/)
})
