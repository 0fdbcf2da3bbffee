import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { createToken, startHoldall } from '../test/support/holdall.ts'
import { startDatasette } from './support/datasette.ts'
import type { Row } from './support/table.ts'

const IDS = 100
const CONNECTIONS = 8
const TARGET = 5

/** P8: what is known of 100 files at once, beside Datasette with datasette-files. */
export async function benchBatch(seconds: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-bench-'))
  try {
    const ours = await measureOurs(seconds)
    const peer = await measureTheirs(folder, seconds)
    return [
      {
        what: `P8 batch.json of ${IDS} ids`,
        ours: `${ours.toFixed(0)} requests/s`,
        peer: `${peer.toFixed(0)} Datasette with datasette-files`,
        ratio: (ours / peer).toFixed(1),
        target: `≥ ${TARGET}`,
        met: ours / peer >= TARGET,
      },
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function measureOurs(seconds: number): Promise<number> {
  const server = await startHoldall({ config: { permissions: { 'files-browse': true } } })
  try {
    const headers = { Authorization: `Bearer ${await createToken(server.data, 'root')}` }
    const ids = []
    for (let n = 0; n < IDS; n += 1) {
      const url = `${server.url}/-/files/upload/files?filename=note-${n}.txt`
      const stored = await fetch(url, { method: 'POST', body: `note ${n}`, headers })
      ids.push(((await stored.json()) as { file_id: string }).file_id)
    }
    return await rate(server.url, ids, seconds)
  } finally {
    await server.stop()
  }
}

async function measureTheirs(folder: string, seconds: number): Promise<number> {
  const config = join(folder, 'datasette.json')
  writeFileSync(
    config,
    JSON.stringify({
      plugins: {
        'datasette-files': { sources: { files: { storage: 'filesystem', config: { root: join(folder, 'files') } } } },
      },
      permissions: { 'files-browse': true, 'files-upload': true },
    }),
  )
  const server = await startDatasette(['-c', config, '--internal', join(folder, 'internal.db')])
  try {
    const ids = []
    for (let n = 0; n < IDS; n += 1) ids.push(await uploadNote(server.url, n))
    return await rate(server.url, ids, seconds)
  } finally {
    await server.stop()
  }
}

async function uploadNote(url: string, n: number): Promise<string> {
  const base = `${url}/-/files/upload/files/-`
  const json = async (path: string, body: object) => {
    const headers = { 'Content-Type': 'application/json' }
    const answer = await fetch(base + path, { method: 'POST', body: JSON.stringify(body), headers })
    return (await answer.json()) as { upload_token: string; file: { id: string } }
  }
  const filename = `note-${n}.txt`
  const { upload_token } = await json('/prepare', { filename, content_type: 'text/plain' })
  const form = new FormData()
  form.set('upload_token', upload_token)
  form.set('file', new Blob([`note ${n}`]), filename)
  await fetch(`${base}/upload`, { method: 'POST', body: form })
  return (await json('/complete', { upload_token })).file.id
}

async function rate(server: string, ids: readonly string[], seconds: number): Promise<number> {
  const url = `${server}/-/files/batch.json?${ids.map((id) => `id=${id}`).join('&')}`
  const { files } = (await (await fetch(url)).json()) as { files: Record<string, unknown> }
  if (Object.keys(files).length !== IDS) throw new Error(`${url} knows ${Object.keys(files).length} files`)
  await autocannon({ url, connections: CONNECTIONS, duration: 2 })
  const { requests, non2xx, errors } = await autocannon({ url, connections: CONNECTIONS, duration: seconds })
  if (non2xx + errors > 0) throw new Error(`${url}: ${non2xx} answers were no 2xx, ${errors} failed`)
  return requests.average
}
