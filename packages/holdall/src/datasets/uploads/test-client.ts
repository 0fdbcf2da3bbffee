import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { ORGANIZATION } from '../testing.ts'
import type { TestServer } from './test-server.ts'

export interface Init {
  readonly upload_id: string
  readonly dataset_id: string
  readonly part_size: number
  readonly part_count: number
  readonly s3_key: string
  readonly s3_bucket: string
  readonly part_urls: readonly { readonly part_number: number; readonly url: string; readonly expires_in: number }[]
}

interface Asked {
  readonly method?: string
  readonly body?: unknown
  readonly actor?: string | null
  readonly collection?: string
  readonly organization?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Of fifty uploads at once each waits for a process of its own that reads a page. */
const PATIENCE_MS = 120_000

/** A client of the dataset upload API that does no more than it is told. */
export function datasetClient(server: Pick<TestServer, 'url' | 'check'>) {
  function pathOf({ organization = ORGANIZATION, collection = 'medicaid' }: Asked, path: string): string {
    return `/public/uploads/${organization}/${collection}/multipart${path}`
  }

  async function call(path: string, asked: Asked = {}) {
    const { method = 'GET', actor = 'alice' } = asked
    const body = asked.body === undefined || typeof asked.body === 'string' ? asked.body : JSON.stringify(asked.body)
    const response = await fetch(server.url + pathOf(asked, path), {
      method,
      headers: {
        ...(actor !== null && { 'X-User-Token': actor }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...asked.headers,
      },
      ...(body !== undefined && { body }),
    })
    const { status } = response
    const text = await response.text()
    server.check({
      method,
      path: pathOf(asked, path.replace(/\?.*/s, '')),
      ...(body !== undefined && { sent: { type: 'application/json', body } }),
      status,
      type: response.headers.get('Content-Type'),
      body: text,
    })
    return { status, body: JSON.parse(text) }
  }

  async function init(content: Uint8Array, more: object = {}, asked: Asked = {}): Promise<Init> {
    const body = { filename: 'visits.parquet', total_size: content.length, ...more }
    const answer = await call('/init', { method: 'POST', body, ...asked })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }

  async function send(plan: Init, content: Uint8Array, numbers?: readonly number[]): Promise<string[]> {
    const etags: string[] = []
    for (const { part_number: number, url } of plan.part_urls) {
      if (numbers !== undefined && !numbers.includes(number)) continue
      const body = new Uint8Array(content.subarray((number - 1) * plan.part_size, number * plan.part_size))
      const response = await fetch(url, { method: 'PUT', body })
      assert.equal(response.status, 200, await response.text())
      etags.push(response.headers.get('ETag') ?? '')
    }
    return etags
  }

  const status = async (id: string, asked: Asked = {}) => await call(`/${id}`, asked)
  const complete = (id: string, asked: Asked = {}) => call(`/${id}/complete`, { method: 'POST', body: {}, ...asked })

  /** Looks until it is as wanted. @returns the last look */
  async function until(id: string, wanted: (session: Session) => boolean): Promise<Session> {
    let pause = 10
    for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(pause)) {
      pause = Math.min(pause * 2, 300)
      const { body } = await status(id)
      if (wanted(body)) return body
      assert.ok(Date.now() < deadline, `it took too long: ${JSON.stringify(body)}`)
    }
  }

  return {
    call,
    init,
    send,
    status,
    complete,
    until,
    abort: (id: string, asked: Asked = {}) => call(`/${id}`, { method: 'DELETE', ...asked }),
    retry: (id: string, asked: Asked = {}) => call(`/${id}/retry`, { method: 'POST', body: {}, ...asked }),
    list: (query = '', asked: Asked = {}) => call(query, asked),
    /** Sends all of it and completes. */
    async upload(content: Uint8Array, more: object = {}): Promise<Init> {
      const plan = await init(content, more)
      await send(plan, content)
      const answer = await complete(plan.upload_id)
      assert.equal(answer.status, 202, JSON.stringify(answer.body))
      return plan
    },
    ended: (id: string) => until(id, ({ status }) => !['initiated', 'completing'].includes(status)),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at, whatever they have
export type Session = Readonly<Record<string, any>>
