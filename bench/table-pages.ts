import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import autocannon from 'autocannon'
import { createToken, startHoldall } from '../test/support/holdall.ts'
import { startDatasette } from './support/datasette.ts'
import type { Row } from './support/table.ts'

const CELLS = 100
const CONNECTIONS = 8
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

/** P7: pages of a table with 100 file cells, as HTML and as JSON, beside Datasette with datasette-files. */
export async function benchTablePages(seconds: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-bench-'))
  try {
    const ours = await measureOurs(folder, seconds)
    const theirs = await measureTheirs(folder, seconds)
    return [row('HTML', ours.html, theirs.html, 10), row('JSON', ours.json, theirs.json, 5)]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Rates {
  readonly html: number
  readonly json: number
}

async function measureOurs(folder: string, seconds: number): Promise<Rates> {
  const database = createDatabase(join(folder, 'ours.db'))
  const server = await startHoldall({
    databases: [database],
    config: {
      databases: { ours: { tables: { items: { columns: { photo: { file_column: true } } } } } },
      permissions: { 'files-browse': true },
    },
  })
  try {
    const headers = { Authorization: `Bearer ${await createToken(server.data, 'root')}` }
    const ids = []
    for (let n = 0; n < CELLS; n += 1) {
      const url = `${server.url}/-/files/upload/files?filename=photo-${n}.png`
      const stored = await fetch(url, { method: 'POST', body: distinctPng(n), headers })
      ids.push(((await stored.json()) as { file_id: string }).file_id)
    }
    fill(database, ids)
    return await rates(`${server.url}/ours/items`, seconds, 'photo-42.png')
  } finally {
    await server.stop()
  }
}

async function measureTheirs(folder: string, seconds: number): Promise<Rates> {
  const database = createDatabase(join(folder, 'theirs.db'))
  const config = join(folder, 'datasette.json')
  writeFileSync(
    config,
    JSON.stringify({
      plugins: {
        'datasette-files': { sources: { files: { storage: 'filesystem', config: { root: join(folder, 'files') } } } },
      },
      permissions: { 'files-browse': true, 'files-upload': true },
      databases: { theirs: { tables: { items: { column_types: { photo: 'file' } } } } },
    }),
  )
  const server = await startDatasette([database, '-c', config, '--internal', join(folder, 'internal.db')])
  try {
    const ids = []
    for (let n = 0; n < CELLS; n += 1) ids.push(await uploadToDatasette(server.url, `photo-${n}.png`, distinctPng(n)))
    fill(database, ids)
    return await rates(`${server.url}/theirs/items`, seconds, ids[42] as string)
  } finally {
    await server.stop()
  }
}

async function uploadToDatasette(url: string, filename: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const base = `${url}/-/files/upload/files/-`
  const json = async (path: string, body: object) => {
    const answer = await fetch(base + path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    })
    return (await answer.json()) as { upload_token: string; file: { id: string } }
  }
  const { upload_token } = await json('/prepare', { filename, content_type: 'image/png', size: bytes.length })
  const form = new FormData()
  form.set('upload_token', upload_token)
  form.set('file', new Blob([bytes]), filename)
  await fetch(`${base}/upload`, { method: 'POST', body: form })
  return (await json('/complete', { upload_token })).file.id
}

// A byte behind the image's end makes each file another content.
function distinctPng(n: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...PNG, n])
}

function createDatabase(path: string): string {
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE items (id INTEGER PRIMARY KEY, title TEXT, photo TEXT)')
  const insert = database.prepare('INSERT INTO items (title) VALUES (?)')
  for (let n = 0; n < CELLS; n += 1) insert.run(`Item ${n}`)
  database.close()
  return path
}

function fill(path: string, ids: readonly string[]): void {
  const database = new DatabaseSync(path, { timeout: 5000 })
  const update = database.prepare('UPDATE items SET photo = ? WHERE id = ?')
  ids.forEach((id, at) => {
    update.run(id, at + 1)
  })
  database.close()
}

async function rates(url: string, seconds: number, mustContain: string): Promise<Rates> {
  const rate = async (address: string, expected: string) => {
    const page = await (await fetch(address)).text()
    if (!page.includes(expected)) throw new Error(`${address} does not show its file cells: ${page.slice(0, 300)}`)
    await autocannon({ url: address, connections: CONNECTIONS, duration: 2 })
    const { requests, non2xx, errors } = await autocannon({ url: address, connections: CONNECTIONS, duration: seconds })
    if (non2xx + errors > 0) throw new Error(`${address}: ${non2xx} answers were no 2xx, ${errors} failed`)
    return requests.average
  }
  return { html: await rate(`${url}?_size=100`, mustContain), json: await rate(`${url}.json?_size=100`, 'df-') }
}

function row(what: string, ours: number, peer: number, target: number): Row {
  return {
    what: `P7 table page with ${CELLS} file cells, ${what}`,
    ours: `${ours.toFixed(0)} requests/s`,
    peer: `${peer.toFixed(0)} Datasette with datasette-files`,
    ratio: (ours / peer).toFixed(1),
    target: `≥ ${target}`,
    met: ours / peer >= target,
  }
}
