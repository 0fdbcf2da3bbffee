import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where a client sends bytes itself: what `partTarget` and `uploadUrl` give. */
export interface PutTarget {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Sends as any client does. Throws unless it was taken. */
export async function put(send: typeof fetch, { url, headers }: PutTarget, body: Uint8Array): Promise<void> {
  const answer = await send(url, {
    method: 'PUT',
    headers: { ...headers, connection: 'close' },
    body: new Uint8Array(body),
  })
  const said = await answer.text()
  if (!answer.ok) throw new Error(`PUT was answered with ${answer.status}: ${said}`)
}

const BEFORE_BREAKING_MS = 100

/** Announces all of the body, sends half of it, and breaks off. Resolves when the request has ended. */
export async function putHalf(send: typeof fetch, { url, headers }: PutTarget, body: Uint8Array): Promise<void> {
  const breaking = new AbortController()
  async function* half() {
    yield new Uint8Array(body.subarray(0, Math.ceil(body.byteLength / 2)))
    await sleep(BEFORE_BREAKING_MS)
    breaking.abort(new Error('broken off'))
    await new Promise(() => {})
  }
  const init: RequestInit & { duplex: 'half' } = {
    method: 'PUT',
    headers: { ...headers, connection: 'close', 'content-length': String(body.byteLength) },
    body: Readable.toWeb(Readable.from(half())) as ReadableStream<Uint8Array>,
    duplex: 'half',
    signal: breaking.signal,
  }
  await send(url, init).then(
    (answer) => answer.body?.cancel(),
    () => {},
  )
}
