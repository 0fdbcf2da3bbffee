import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { linkCommand } from './link-command.ts'

test('the command names the folders of the server from wherever it is typed, as a shell reads them', () => {
  assert.equal(linkCommand({ data: '/srv/museum' }), 'npx holdall link NAME --data /srv/museum')
  assert.equal(linkCommand({ data: 'data' }), `npx holdall link NAME --data ${resolve('data')}`)
  assert.equal(
    linkCommand({ data: "/srv/Anna's data", config: '/etc/holdall.yaml', internal: '/var/internal.db' }),
    `npx holdall link NAME --data '/srv/Anna'\\''s data' -c /etc/holdall.yaml --internal /var/internal.db`,
  )
})
