import type { SampleFile } from './files.ts'

interface Server {
  /** Where Holdall serves, without a slash at the end. */
  readonly url: string
  readonly token: string
  readonly signal: AbortSignal
}

export interface SendOptions extends Server {
  /** What was sent before: file ids by file name. It is added to, and handed to `save`, after each file. */
  readonly sent: Record<string, string>
  save(sent: Readonly<Record<string, string>>): void
  /** Called after each file. */
  progress(done: number, of: number): void
}

const PATIENCE_MS = 60_000

/**
 * Uploads the files that were not sent yet and attaches each to its cell, over HTTP like anybody else. Can be stopped
 * anywhere and called again.
 *
 * @throws Error with the server's own words
 */
export async function sendFiles(files: readonly SampleFile[], options: SendOptions): Promise<void> {
  const { sent } = options
  for (const [index, file] of files.entries()) {
    if (sent[file.name] === undefined) {
      const id = await upload(file, options)
      // A list grows by one, and its order is that of the files.
      const ids = files.filter(({ key, column }) => key === file.key && column === file.column).map(({ name }) => name)
      const list = [...ids.flatMap((name) => sent[name] ?? []), id]
      await attach(file, file.column === 'photos' ? JSON.stringify(list) : id, options)
      sent[file.name] = id
      options.save(sent)
    }
    options.progress(index + 1, files.length)
  }
}

async function upload(file: SampleFile, options: SendOptions): Promise<string> {
  const path = `/-/files/upload/${file.source}?filename=${encodeURIComponent(file.name)}`
  const answer = await post(path, file.contentType, await file.make(), options)
  if (typeof answer.file_id !== 'string') throw new Error(`${path} answered without a file_id.`)
  return answer.file_id
}

async function attach({ key, column }: SampleFile, value: string, options: SendOptions): Promise<void> {
  const body = Buffer.from(JSON.stringify({ update: { [column]: value } }))
  await post(`/collection/objects/${tilde(key)}/-/update`, 'application/json', body, options)
}

/**
 * Ends the tokens of this name, those of starts that were stopped and the one that asks too.
 * @throws Error with the server's own words
 */
export async function endTokens(name: string, options: Server): Promise<void> {
  const { tokens } = (await ask('/-/tokens.json', {}, options)) as {
    tokens: { id: string; name: string; created_at: string }[]
  }
  const ours = tokens.filter((token) => token.name === name)
  // The one that asks is the newest, and the last to end: nothing is asked with it afterwards.
  ours.sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at))
  for (const { id } of ours) {
    await post('/-/tokens', 'application/json', Buffer.from(JSON.stringify({ op: 'revoke', id })), options)
  }
}

function post(path: string, contentType: string, body: Buffer, options: Server) {
  const init = { method: 'POST', headers: { 'content-type': contentType }, body: new Uint8Array(body) }
  return ask(path, init, options)
}

async function ask(
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: Uint8Array<ArrayBuffer> },
  { url, token, signal }: Server,
) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...headers },
    ...(body && { body }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`)
  return JSON.parse(text) as Record<string, unknown>
}

/** Accession numbers have no other character that a path has to encode. */
function tilde(key: string): string {
  return key.replaceAll('.', '~2E')
}
