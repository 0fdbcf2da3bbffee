import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { commandLine } from './command-line.ts'

test('the command names the folders of the server from wherever it is typed, as a shell reads them', () => {
  assert.equal(commandLine(['link', 'NAME'], { data: '/srv/museum' }), 'npx holdall link NAME --data /srv/museum')
  assert.equal(commandLine(['link', 'NAME'], { data: 'data' }), `npx holdall link NAME --data ${resolve('data')}`)
  assert.equal(
    commandLine(['link', 'NAME'], {
      data: "/srv/Anna's data",
      config: '/etc/holdall.yaml',
      internal: '/var/internal.db',
    }),
    `npx holdall link NAME --data '/srv/Anna'\\''s data' -c /etc/holdall.yaml --internal /var/internal.db`,
  )
})
