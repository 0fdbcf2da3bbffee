import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bytes } from '../sources/contract/bodies.ts'
import { startTestServer } from './test-server.ts'

const UPLOADS = process.env.HOLDALL_TEST_LONG ? 10_000 : 300
const AT_ONCE = 20
const BODY = bytes(200_000)
/** Some go away before the server has looked, some while it writes, in milliseconds. */
const LONGEST_STAY = 41

type Sent = 'nothing' | 'some' | 'a form' | 'refused'
const KINDS: readonly Sent[] = ['nothing', 'some', 'a form', 'refused']

/** Begins an upload, and goes away in the middle of it. Resolves when the connection is gone. */
async function abandon(url: string, kind: Sent, n: number): Promise<void> {
  const form = kind === 'a form'
  const sending = request(`${url}/-/files/upload/files?filename=gone-${n}`, {
    method: 'POST',
    headers: {
      Authorization: kind === 'refused' ? 'nobody' : 'alice',
      'Content-Length': 2 * BODY.length,
      ...(form && { 'Content-Type': 'multipart/form-data; boundary=B' }),
    },
  })
  const closed = new Promise<void>((resolve) => sending.on('close', resolve))
  sending.on('error', () => {})
  sending.on('response', (response) => response.resume())
  sending.flushHeaders()
  if (form) sending.write('--B\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n')
  if (kind !== 'nothing') sending.write(BODY.subarray(0, 1 + ((n * 997) % BODY.length)))
  await sleep(n % LONGEST_STAY)
  sending.destroy()
  await closed
}

test('uploads that break off leave no handle, socket, temporary file or lease', async (t) => {
  const server = await startTestServer()
  t.after(() => server.close())
  await abandon(server.url, 'some', 0)
  const settled = () =>
    server.database.read
      .selectFrom('upload_sessions')
      .select((row) => row.fn.countAll<number>().as('n'))
      .where((row) => row.or([row('status', '!=', 'aborted'), row('lease_owner', 'is not', null)]))
      .executeTakeFirstOrThrow()
  await eventually(async () => {
    assert.equal((await settled()).n, 0)
    assert.equal(held().sockets, 0)
  })
  const before = held()

  for (let n = 1; n <= UPLOADS; n += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, i) => abandon(server.url, KINDS[(n + i) % KINDS.length] as Sent, n + i)),
    )
  }

  await eventually(async () => {
    assert.equal((await settled()).n, 0, 'sessions that are open or leased')
    assert.deepEqual(await server.stored(), [])
    assert.deepEqual(held(), before)
  })
  const { n } = await server.database.read
    .selectFrom('upload_sessions')
    .select((row) => row.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  assert.ok(n > UPLOADS / 4, `only ${n} of ${UPLOADS} uploads had begun when they broke off`)
  assert.deepEqual(
    server.logged.filter((line) => line.includes('"level":"error"')),
    [],
  )
})

/** What the process holds open: its connections, and file descriptors where the system tells. */
function held() {
  const sockets = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
  return { sockets, descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0 }
}

async function eventually(check: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; ) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(50)
    }
  }
}
