import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { TestServer } from './test-server.ts'

/** What `prepare` answers for an upload in parts. */
export interface PartsAnswer {
  readonly upload_token: string
  readonly upload_method: string
  readonly upload_id: string
  readonly session_url: string
  readonly part_size: number
  readonly part_count: number
  readonly checksum: string | null
}

interface Asked {
  readonly method?: string
  readonly body?: unknown
  readonly actor?: string | null
}

/** A client of uploads in parts that does no more than it is told. */
export function partsClient(server: Pick<TestServer, 'url'>) {
  async function call(path: string, { method = 'POST', body, actor = 'alice' }: Asked = {}) {
    const response = await fetch(new URL(path, server.url), {
      method,
      headers: {
        Accept: 'application/json',
        ...(actor !== null && { Authorization: actor }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }

  async function prepare(size: number, more: object = {}, asked: Asked = {}): Promise<PartsAnswer> {
    const body = { filename: 'big.bin', size, accept_methods: ['PUT', 'MULTIPART'], ...more }
    const answer = await call('/-/files/upload/files/-/prepare', { body, ...asked })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }

  /** Addresses by number. */
  async function sign(plan: PartsAnswer, numbers: readonly number[], checksums?: object): Promise<Map<number, string>> {
    const body = { part_numbers: numbers, ...(checksums && { checksums }) }
    const answer = await call(`${plan.session_url}/parts`, { body })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return new Map(answer.body.part_urls.map((one: { part_number: number; url: string }) => [one.part_number, one.url]))
  }

  async function put(url: string, content: Uint8Array): Promise<Response> {
    return await fetch(url, { method: 'PUT', body: new Uint8Array(content) })
  }

  async function send(plan: PartsAnswer, content: Uint8Array, numbers?: readonly number[]): Promise<void> {
    const wanted = numbers ?? Array.from({ length: plan.part_count }, (_, at) => at + 1)
    for (const [number, url] of await sign(plan, wanted)) {
      const response = await put(url, partOf(plan, content, number))
      assert.equal(response.status, 200, `part ${number}: ${await response.text()}`)
      assert.equal(response.headers.get('ETag'), `"${md5(partOf(plan, content, number))}"`)
    }
  }

  return {
    call,
    prepare,
    sign,
    put,
    send,
    complete: (plan: PartsAnswer, asked: Asked = {}) => call(`${plan.session_url}/complete`, { body: {}, ...asked }),
    status: (plan: PartsAnswer, asked: Asked = {}) => call(plan.session_url, { method: 'GET', ...asked }),
    abort: (plan: PartsAnswer, asked: Asked = {}) => call(plan.session_url, { method: 'DELETE', ...asked }),
    parts: (plan: PartsAnswer, query = '') => call(`${plan.session_url}/parts${query}`, { method: 'GET' }),
  }
}

export function partOf(plan: PartsAnswer, content: Uint8Array, number: number): Uint8Array {
  return content.subarray((number - 1) * plan.part_size, number * plan.part_size)
}

export function md5(content: Uint8Array): string {
  return createHash('md5').update(content).digest('hex')
}
