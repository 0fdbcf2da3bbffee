import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '../config/config.ts'
import { bytes } from '../sources/contract/bodies.ts'
import { type Archive, recordedItem, startArchive } from '../sources/http/test-archive.ts'
import { type Origin, sendFile, startOrigin } from '../sources/http/test-origin.ts'
import { createLog } from '../web/log.ts'
import { type Holdall, startHoldall } from './holdall.ts'

/** An item of the Internet Archive, and a list of addresses, from the configuration to the bytes. */
const SYNC_LIMIT_MS = 30_000
const folder = mkdtempSync(join(tmpdir(), 'holdall-archive-'))
const NOTES = Buffer.from('what was seen\n'.repeat(100))
const lines: string[] = []
const log = createLog((line) => lines.push(line))

let archive: Archive
let pages: Origin
let holdall: Holdall

async function start(settings: object): Promise<Holdall> {
  const list = { urls: [`${pages.url}/reports/Q1%20%26%20Q2.txt`, { url: `${pages.url}/gone`, path: 'gone.txt' }] }
  const item = { archive_item: 'nasa', archive_url: archive.url }
  const { config } = loadConfig({
    env: {},
    cwd: folder,
    overrides: {
      settings,
      permissions: { 'files-browse': true, 'files-manage-sources': true, 'files-upload': true },
      sources: {
        nasa: { storage: 'http', label: 'NASA Images', sync: 'manual', config: item },
        through: { storage: 'http', sync: 'manual', config: { ...item, downloads: 'proxy' } },
        reports: { storage: 'http', sync: 'manual', config: list },
      },
    },
  })
  return await startHoldall({
    config,
    data: join(folder, 'data'),
    env: {},
    log,
    listen: { port: 0, host: '127.0.0.1' },
  })
}

before(async () => {
  archive = await startArchive('nasa', recordedItem())
  for (const { name, size } of archive.record.files) archive.bodies.set(name, bytes(Number(size ?? 900), name.length))
  archive.put('notes.txt', NOTES)
  pages = await startOrigin((request, response) =>
    sendFile(request, response, request.url === '/reports/Q1%20%26%20Q2.txt' ? NOTES : undefined),
  )
  holdall = await start({ allow_private_hosts: ['127.0.0.0/8'] })
})
after(async () => {
  await holdall.close()
  await archive.close()
  await pages.close()
  rmSync(folder, { recursive: true })
})

interface Shown {
  id: string
  filename: string
  path: string
  size: number
  changed_at: string | null
  missing_since: string | null
}

// biome-ignore lint/suspicious/noExplicitAny: what the server answers is what is tested
async function json(path: string, init?: RequestInit): Promise<any> {
  return await (await fetch(`${holdall.url}${path}`, init)).json()
}

async function sync(source: string): Promise<{ status: string; [count: string]: unknown }> {
  const begun = await fetch(`${holdall.url}-/files/sync/${source}`, {
    method: 'POST',
    headers: { accept: 'application/json' },
  })
  assert.equal(begun.status, 202, await begun.clone().text())
  for (let waited = 0; waited < SYNC_LIMIT_MS; waited += 50) {
    const state = await json(`-/files/sync/${source}.json`)
    if (state.status !== 'running') return state
    await sleep(50)
  }
  throw new Error('the sync did not end')
}

async function filesOf(source: string): Promise<Map<string, Shown>> {
  const { files } = (await json(`-/files/browse/${source}.json?limit=100`)) as { files: { id: string }[] }
  const shown = await Promise.all(files.map(({ id }) => json(`-/files/${id}.json`) as Promise<Shown>))
  return new Map(shown.map((file) => [file.path, file]))
}

function download(file: Shown | undefined, query = '', headers = {}, redirect: RequestRedirect = 'follow') {
  return fetch(`${holdall.url}-/files/${file?.id}/download${query}`, { headers, redirect })
}

describe('an item of the archive', () => {
  test('is synced and browsed', async () => {
    const state = await sync('nasa')
    assert.deepEqual([state.status, state.added, state.failure_reason], ['completed', 7, null])
    const files = await filesOf('nasa')
    assert.deepEqual([...files.keys()].sort(), archive.record.files.map(({ name }) => name).sort())
    assert.equal(files.get('globe_west_540.jpg')?.size, 66_065)
    const { sources } = await json('-/files/sources.json')
    const { capabilities } = sources.find(({ slug }: { slug: string }) => slug === 'nasa')
    assert.equal(capabilities.can_upload, false)
    assert.equal(capabilities.can_delete, false)
    assert.equal(capabilities.can_list, true)
    assert.equal(capabilities.requires_proxy_download, false)
    const page = await (await fetch(`${holdall.url}-/files/browse/nasa`)).text()
    assert.match(page, /globe_west_540\.jpg/)
    assert.equal((await sync('nasa')).changed, 0)
  })

  test('is downloaded from where it lies, by ranges', async () => {
    const globe = (await filesOf('nasa')).get('globe_west_540.jpg')
    const sent = await download(globe, '', {}, 'manual')
    assert.equal(sent.status, 302)
    assert.equal(sent.headers.get('location'), `${archive.url}/download/nasa/globe_west_540.jpg`)
    assert.equal(sent.headers.get('cache-control'), 'no-cache')
    const part = await download(globe, '', { range: 'bytes=1000-1099' })
    assert.equal(part.status, 206)
    const body = archive.bodies.get('globe_west_540.jpg') as Buffer
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(body.subarray(1_000, 1_100)))
    assert.ok(archive.node.asked.includes('GET /7/items/nasa/globe_west_540.jpg bytes=1000-1099'))
  })

  test('is shown within pages through this server, which they may reach', async () => {
    const notes = (await filesOf('nasa')).get('notes.txt')
    const shown = await download(notes, '?inline=1', { range: 'bytes=5-7' }, 'manual')
    assert.equal(shown.status, 206)
    assert.equal(shown.headers.get('content-type'), 'text/plain; charset=utf-8')
    assert.match(shown.headers.get('content-security-policy') ?? '', /sandbox/)
    assert.equal(await shown.text(), NOTES.subarray(5, 8).toString())
  })

  test('or downloaded through this server, when its addresses stay here', async () => {
    assert.equal((await sync('through')).status, 'completed')
    const globe = (await filesOf('through')).get('globe_west_540.jpg')
    const part = await download(globe, '', { range: 'bytes=-10' }, 'manual')
    assert.equal(part.status, 206)
    assert.equal(part.headers.get('content-range'), 'bytes 66055-66064/66065')
    assert.equal(part.headers.get('location'), null)
    const whole = await download(globe, '', {}, 'manual')
    const body = archive.bodies.get('globe_west_540.jpg') as Buffer
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(body))
  })

  test('takes no uploads and no deletions', async () => {
    const form = new FormData()
    form.append('file', new File(['x'], 'x.txt'))
    const upload = await fetch(`${holdall.url}-/files/upload/nasa`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: form,
    })
    assert.equal(upload.status, 400)
    assert.equal(((await upload.json()) as { code: string }).code, 'source_read_only')
  })

  test('a changed and a vanished file are shown as such', async () => {
    const before = await filesOf('nasa')
    archive.put('globe_west_540.jpg', bytes(70_000, 5))
    archive.delete('nasa_reviews.xml')
    const state = await sync('nasa')
    assert.deepEqual([state.status, state.changed, state.missing, state.added], ['completed', 1, 1, 0])
    const files = await filesOf('nasa')
    const globe = files.get('globe_west_540.jpg')
    assert.equal(globe?.id, before.get('globe_west_540.jpg')?.id)
    assert.equal(globe?.size, 70_000)
    assert.ok(globe?.changed_at)
    const reviews = files.get('nasa_reviews.xml')
    assert.equal(reviews?.id, before.get('nasa_reviews.xml')?.id)
    assert.ok(reviews?.missing_since)
    const lost = await download(reviews, '', {}, 'manual')
    assert.equal(lost.status, 410, lines.slice(-3).join(''))
    for (const [file, words] of [
      [globe, /Change found/],
      [reviews, /missing/i],
    ] as const) {
      assert.match(await (await fetch(`${holdall.url}-/files/${file?.id}`)).text(), words)
    }
  })

  test('that the archive withdraws loses nothing', async () => {
    const { files } = archive.record
    Object.assign(archive.record, { is_dark: true, files: [] })
    archive.put('unseen', Buffer.alloc(0))
    const state = await sync('nasa')
    assert.equal(state.status, 'failed')
    assert.match(String(state.failure_reason), /withdrawn the item nasa/)
    Object.assign(archive.record, { is_dark: false, files })
    archive.delete('unseen')
    const again = await sync('nasa')
    assert.deepEqual([again.status, again.missing, again.returned], ['completed', 0, 0])
  })
})

describe('a list of addresses', () => {
  test('is synced by its paths; what is not there does not come', async () => {
    const state = await sync('reports')
    assert.deepEqual([state.status, state.added], ['completed', 1])
    const file = (await filesOf('reports')).get('reports/Q1 & Q2.txt')
    assert.equal(file?.filename, 'Q1 & Q2.txt')
    assert.equal(await (await download(file)).text(), NOTES.toString())
  })
})

test('what is not allowed by name is not asked', async () => {
  await holdall.close()
  holdall = await start({})
  pages.asked.length = 0
  archive.asked.length = 0
  for (const source of ['reports', 'nasa']) {
    const state = await sync(source)
    assert.equal(state.status, 'failed', source)
    assert.match(String(state.failure_reason), /settings\.allow_private_hosts/)
  }
  assert.deepEqual([pages.asked, archive.asked], [[], []])
})
