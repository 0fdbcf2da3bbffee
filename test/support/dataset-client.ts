import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningHoldall } from './holdall.ts'

export const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
/** How long what was begun may take to end. */
export const SETTLE_LIMIT_MS = 60_000

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at, whatever they have
export type Json = any

export interface Sent {
  readonly content: Buffer
  /** @default 'parquet' */
  readonly ending?: string
  /** Where it is no Parquet file: how many rows the table has that it becomes. */
  readonly rows?: number
}

/** How one upload goes until its server dies. */
export interface Upload extends Sent {
  readonly filename: string
  /** What it does to the dataset `into`, which is there. */
  readonly mode?: 'append' | 'replace'
  readonly into?: string | undefined
  id?: string
  isCancelled?: boolean
  isRegistered?: boolean
}

/** @param arm begins to count the writes before one of which the server dies */
export type Work = (server: RunningHoldall, upload: Upload, arm: () => Promise<void>) => Promise<void>

export type DatasetClient = ReturnType<typeof createDatasetClient>

/** Sends files that become datasets of one collection, and goes on with what a dead server left. */
export function createDatasetClient(token: string) {
  return { begin, call, sendAll, convertAll, sendAndCancel, goOn, discardOpen }

  /** What a client does that has lost the connection. */
  async function goOn(server: RunningHoldall, upload: Upload): Promise<void> {
    if (upload.id === undefined || upload.isRegistered) return
    const { body: session } = await call(server, 'GET', `/${upload.id}`)
    if (upload.isCancelled) {
      if (!['aborted', 'completed'].includes(session.status)) await cancel(server, upload)
      return
    }
    if (session.status === 'initiated') {
      const { body } = await call(server, 'POST', `/${upload.id}/parts`, { part_numbers: [1] })
      await put(server, body.part_urls[0].url, upload.content)
      assert.equal((await call(server, 'POST', `/${upload.id}/complete`, {})).status, 202)
    }
    const isValid = upload.rows !== undefined || upload.content.subarray(0, 4).toString() === 'PAR1'
    const last = await poll(server, upload)
    assert.equal(last.completion_status, isValid ? 'registered' : 'failed', JSON.stringify(last))
    assert.equal(last.failure_reason?.step, isValid ? undefined : 'infer', JSON.stringify(last))
  }

  /** Begun, and the answer was lost. */
  async function discardOpen(server: RunningHoldall): Promise<void> {
    const { body } = await call(server, 'GET', '?status=initiated')
    for (const { upload_id } of body.uploads) assert.equal((await call(server, 'DELETE', `/${upload_id}`)).status, 200)
  }

  async function begin(server: RunningHoldall, upload: Upload): Promise<void> {
    const { filename, mode, into } = upload
    const joining = mode && { mode, dataset_id: into, confirm: true }
    const body = { filename, total_size: upload.content.length, ...joining }
    const { status, body: plan } = await call(server, 'POST', '/init', body)
    assert.equal(status, 200)
    upload.id = plan.upload_id
    await put(server, plan.part_urls[0].url, upload.content)
  }

  async function sendAll(server: RunningHoldall, upload: Upload, arm: () => Promise<void>): Promise<void> {
    await arm()
    await begin(server, upload)
    assert.equal((await call(server, 'POST', `/${upload.id}/complete`, {})).status, 202)
    await poll(server, upload)
  }

  /** The other writes are those of any upload. */
  async function convertAll(server: RunningHoldall, upload: Upload, arm: () => Promise<void>): Promise<void> {
    await begin(server, upload)
    await arm()
    assert.equal((await call(server, 'POST', `/${upload.id}/complete`, {})).status, 202)
    await poll(server, upload)
  }

  /** In the middle of its steps. */
  async function sendAndCancel(server: RunningHoldall, upload: Upload, arm: () => Promise<void>): Promise<void> {
    await arm()
    await begin(server, upload)
    await call(server, 'POST', `/${upload.id}/complete`, {})
    await sleep(Math.random() * 300)
    upload.isCancelled = true
    await cancel(server, upload)
  }

  async function cancel(server: RunningHoldall, upload: Upload): Promise<void> {
    const { status } = await call(server, 'DELETE', `/${upload.id}`)
    assert.ok([200, 409].includes(status), `${status}`)
  }

  async function poll(server: RunningHoldall, upload: Upload): Promise<Json> {
    for (const deadline = Date.now() + SETTLE_LIMIT_MS; ; await sleep(30)) {
      const { body } = await call(server, 'GET', `/${upload.id}`)
      upload.isRegistered = body.completion_status === 'registered'
      if (upload.isRegistered || body.completion_status === 'failed') return body
      assert.ok(Date.now() < deadline, `it never ended: ${JSON.stringify(body)}\n${server.output()}`)
    }
  }

  async function put(server: RunningHoldall, url: string, content: Buffer): Promise<void> {
    const { pathname, search } = new URL(url)
    // The server has another port after each death; a bucket has not.
    const address = pathname.startsWith('/-/') ? server.url + pathname + search : url
    const sent = await fetch(address, { method: 'PUT', body: new Uint8Array(content) })
    assert.equal(sent.status, 200, await sent.text())
  }

  async function call(server: RunningHoldall, method: string, path: string, body?: object) {
    const response = await fetch(`${server.url}/public/uploads/${ORGANIZATION}/medicaid/multipart${path}`, {
      method,
      headers: { 'X-User-Token': token, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }
}
