import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))
/** Says on stderr what of Node's own the process has read by its end, and whether `http` still has what it had. */
const TELL = `data:text/javascript,${encodeURIComponent(`process.on('exit', () => {
  const read = process.moduleLoadList.filter((name) => name.endsWith('/undici') || name.endsWith(' http'))
  process.stderr.write(JSON.stringify({ read, whole: process.getBuiltinModule('node:http').WebSocket === WebSocket }))
})`)}`

test('a command that only sends files reads the http of Node and not its fetch, which is there for who asks', () => {
  const args = ['--import', TELL, COMMAND, 'upload', 'no-such-file', '--source', 'files']
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /no-such-file does not exist\./)
  const { read, whole } = JSON.parse(stderr.slice(stderr.indexOf('{"read"')))
  assert.deepEqual([read, whole], [['NativeModule http'], true])
})
