export interface Answer<Body> {
  readonly status: number
  /** The JSON that was sent, whatever the status; its shape is what the caller expects and goes on to assert. */
  readonly body: Body
}

/** Somebody who talks to a server: anonymous, with a token, or with the cookie of a signed-in browser. */
export interface Client {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  json<Body = Refusal>(path: string): Promise<Answer<Body>>
  post(path: string, body: BodyInit, headers?: Readonly<Record<string, string>>): Promise<Response>
  postJson<Body = Refusal>(path: string, body: unknown): Promise<Answer<Body>>
  /** One multipart form with the field `file`. */
  upload<Body = Stored>(
    source: string,
    filename: string,
    bytes: Uint8Array<ArrayBuffer>,
    type: string,
  ): Promise<Answer<Body>>
  /** The same credentials at another address. */
  at(url: string): Client
}

export interface Refusal {
  readonly ok: boolean
  readonly error: string
  readonly errors: readonly string[]
  readonly status: number
  readonly code: string
}

export interface Stored {
  readonly ok: boolean
  readonly file_id: string
  readonly filename: string
  readonly content_type: string
  readonly size: number
  readonly url: string
  readonly file: Readonly<Record<string, unknown>>
}

export interface Rows<Row> {
  readonly ok: boolean
  readonly next: string | null
  readonly rows: readonly Row[]
}

export function createClient(url: string, headers: Readonly<Record<string, string>> = {}): Client {
  function send(path: string, init: RequestInit, more: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(url + path, { redirect: 'manual', ...init, headers: { ...headers, ...more } })
  }
  async function read<Body>(response: Response): Promise<Answer<Body>> {
    const text = await response.text()
    try {
      return { status: response.status, body: JSON.parse(text) as Body }
    } catch {
      throw new Error(`${response.url} answered ${response.status} with what is no JSON: ${text.slice(0, 500)}`)
    }
  }
  return {
    get: (path, more) => send(path, {}, more),
    json: async <Body>(path: string) => read<Body>(await send(path, {})),
    post: (path, body, more) => send(path, { method: 'POST', body }, more),
    postJson: async <Body>(path: string, body: unknown) =>
      read<Body>(
        await send(path, { method: 'POST', body: JSON.stringify(body) }, { 'Content-Type': 'application/json' }),
      ),
    at: (other) => createClient(other, headers),
    async upload<Body>(source: string, filename: string, bytes: Uint8Array<ArrayBuffer>, type: string) {
      const form = new FormData()
      form.append('file', new File([bytes], filename, { type }))
      return read<Body>(
        await send(`/-/files/upload/${source}`, { method: 'POST', body: form }, { Accept: 'application/json' }),
      )
    },
  }
}

export function withToken(url: string, token: string): Client {
  return createClient(url, { Authorization: `Bearer ${token}` })
}

/** Uses a one-time link as a browser would: its page changes nothing, its button signs in. */
export async function signIn(url: string, link: string): Promise<Client> {
  const shown = await fetch(link)
  if (shown.status !== 200) throw new Error(`the sign-in link answers ${shown.status}`)
  const answer = await fetch(new URL('/-/sign-in', link), {
    method: 'POST',
    redirect: 'manual',
    headers: { Accept: 'text/html', Origin: new URL(link).origin },
    body: new URLSearchParams({ token: new URL(link).searchParams.get('token') ?? '' }),
  })
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0]
  if (answer.status !== 303 || cookie === undefined) throw new Error(`signing in answered ${answer.status}`)
  return createClient(url, { Cookie: cookie })
}
