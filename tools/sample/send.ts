import type { SampleFile } from './files.ts'

export interface SendOptions {
  /** Where Holdall serves, without a slash at the end. */
  readonly url: string
  readonly token: string
  /** What was sent before: file ids by file name. It is added to, and handed to `save`, after each file. */
  readonly sent: Record<string, string>
  save(sent: Readonly<Record<string, string>>): void
  /** Called after each file. */
  progress(done: number, of: number): void
  readonly signal: AbortSignal
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

async function post(path: string, contentType: string, body: Buffer, { url, token, signal }: SendOptions) {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': contentType, accept: 'application/json' },
    body: new Uint8Array(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${text.slice(0, 300)}`)
  return JSON.parse(text) as Record<string, unknown>
}

/** Accession numbers have no other character that a path has to encode. */
function tilde(key: string): string {
  return key.replaceAll('.', '~2E')
}
