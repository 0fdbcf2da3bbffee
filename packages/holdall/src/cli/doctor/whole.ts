import { randomBytes } from 'node:crypto'
import type { Finding } from '../../sources/examination.ts'
import { isReadable } from '../../sources/preflight.ts'
import type { ByteRange, Storage } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import { attempt, type Bench } from './bench.ts'
import type { Probes } from './probes.ts'

const PROBE_BYTES = 1_000
const RANGE = { offset: 300, length: 200 }
const URL_LIFE_S = 300
const LISTED = 5

/** What is asked of a storage that nobody writes to: a page of its list, and some bytes of what stands there. */
export async function* readOnlyFindings(bench: Bench): AsyncGenerator<Finding> {
  const { storage } = bench
  if (storage.list === undefined) return
  const listing = await attempt(bench, 'list', 'list', (signal) => list(storage, { limit: LISTED, signal }))
  if ('finding' in listing) return yield listing.finding
  const file = listing.value.files.find(({ size }) => size > 0)
  if (file === undefined) {
    return yield { check: 'list', status: 'ok', says: 'Its files can be listed; the first page shows none to read.' }
  }
  yield { check: 'list', status: 'ok', says: 'Its files can be listed.' }
  const length = Math.min(file.size, PROBE_BYTES)
  const read = await attempt(bench, 'read', 'read', async (signal) => {
    const bytes = await bytesAt(storage, file.path, { offset: 0, length }, signal)
    assertSame(bytes.byteLength === length, `${length} bytes were asked for and ${bytes.byteLength} came.`)
  })
  yield 'finding' in read ? read.finding : { check: 'read', status: 'ok', says: 'A part of a file can be read.' }
}

/**
 * Writes a small file, reads it, reads a part of it, lists it and deletes it, as an upload through this server does.
 *
 * @returns whether what else is tried can be looked at and taken away again
 */
export async function* wholeFindings(bench: Bench, probes: Probes): AsyncGenerator<Finding, boolean> {
  const { storage } = bench
  const path = probes.path('whole')
  const body = randomBytes(PROBE_BYTES)
  probes.made(path)
  const write = await attempt(bench, 'write', 'write', (signal) => writeAt(storage, path, body, signal))
  if ('finding' in write) {
    yield write.finding
    return false
  }
  yield { check: 'write', status: 'ok', says: 'Files can be stored.' }

  const read = await attempt(bench, 'read', 'read', async (signal) => {
    assertSame(body.equals(await bytesAt(storage, path, undefined, signal)), 'Other bytes came back than were stored.')
  })
  yield 'finding' in read ? read.finding : { check: 'read', status: 'ok', says: 'They come back as they were stored.' }
  if (!('finding' in read)) {
    const { offset, length } = RANGE
    const range = await attempt(bench, 'ranges', 'read', async (signal) => {
      const wanted = body.subarray(offset, offset + length)
      assertSame(
        wanted.equals(await bytesAt(storage, path, RANGE, signal)),
        'A part of a file is not what was asked for.',
      )
    })
    yield 'finding' in range ? range.finding : { check: 'ranges', status: 'ok', says: 'Parts of them can be read.' }
    if (storage.downloadUrl !== undefined) yield await downloadFinding(bench, path, body)
  }
  if (storage.list !== undefined) yield await listFinding(bench, path)
  const isReadable = !('finding' in read)
  return (yield* deleteFinding(bench, probes, path, isReadable)) && isReadable
}

/** A client stores a whole file itself, with the address that it would be given. */
export async function directFinding(bench: Bench, probes: Probes): Promise<Finding | undefined> {
  const { storage, fetch, origin } = bench
  if (storage.uploadUrl === undefined) return undefined
  const path = probes.path('direct')
  const body = randomBytes(PROBE_BYTES)
  const direct = await attempt(bench, 'direct upload', 'direct upload', async (signal) => {
    const options = { size: PROBE_BYTES, expiresIn: URL_LIFE_S, contentType: 'application/octet-stream' }
    const target = await storage.uploadUrl?.(path, options)
    if (target === undefined) return
    probes.made(path)
    const own = { 'content-length': String(PROBE_BYTES), ...(origin !== undefined && { origin }) }
    const headers = { ...target.headers, ...own }
    const answer = await fetch(target.url, { method: target.method, headers, body, signal })
    await answer.body?.cancel()
    probes.target({ ...target, isReadable: isReadable(answer, origin) })
    assertSame(answer.ok, `An address that was made for an upload is answered with ${answer.status}.`)
    const found = await storage.stat(path, { signal })
    assertSame(found?.size === PROBE_BYTES, 'What a client has sent is not there.')
  })
  if ('finding' in direct) return direct.finding
  return { check: 'direct upload', status: 'ok', says: 'Clients can send small files without this server.' }
}

async function downloadFinding(bench: Bench, path: string, body: Buffer): Promise<Finding> {
  const { storage, fetch } = bench
  const options = { expiresIn: URL_LIFE_S, filename: 'probe.bin', contentType: 'application/octet-stream' }
  const download = await attempt(bench, 'download', 'download', async (signal) => {
    const url = await storage.downloadUrl?.(path, { ...options, disposition: 'attachment' })
    const answer = await fetch(url as string, { signal })
    const bytes = Buffer.from(await answer.arrayBuffer())
    assertSame(answer.ok, `An address that was made for a download is answered with ${answer.status}.`)
    assertSame(body.equals(bytes), 'A download gives other bytes than were stored.')
  })
  if ('finding' in download) return download.finding
  return { check: 'download', status: 'ok', says: 'Browsers can fetch them without this server.' }
}

async function listFinding(bench: Bench, path: string): Promise<Finding> {
  const { storage } = bench
  const listing = await attempt(bench, 'list', 'list', async (signal) => {
    const { files } = await list(storage, { prefix: path, limit: LISTED, signal })
    assertSame(
      files.some((file) => file.path === path),
      'What was just stored is not in the list.',
    )
  })
  return 'finding' in listing ? listing.finding : { check: 'list', status: 'ok', says: 'They are listed.' }
}

async function* deleteFinding(
  bench: Bench,
  probes: Probes,
  path: string,
  isReadable: boolean,
): AsyncGenerator<Finding, boolean> {
  const { storage } = bench
  if (storage.delete === undefined) return false
  const removal = await attempt(bench, 'delete', 'delete', async (signal) => {
    await storage.delete?.(path, { signal })
    if (!isReadable) return
    assertSame((await storage.stat(path, { signal })) === undefined, 'What was deleted is still there.')
  })
  if ('finding' in removal) {
    const { says } = removal.finding
    yield { ...removal.finding, says: `${says} ${path} is left there.` }
    probes.leave(path)
    return false
  }
  probes.gone(path)
  yield { check: 'delete', status: 'ok', says: 'They can be deleted.' }
  return true
}

async function list(storage: Storage, options: { prefix?: string; limit: number; signal: AbortSignal }) {
  return (await storage.list?.(options)) ?? { files: [], next: null }
}

async function writeAt(storage: Storage, path: string, body: Uint8Array, signal: AbortSignal): Promise<void> {
  await storage.write?.(path, once(body), { contentType: 'application/octet-stream', signal })
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body
}

async function bytesAt(
  storage: Storage,
  path: string,
  range: ByteRange | undefined,
  signal: AbortSignal,
): Promise<Buffer> {
  const stream = await storage.read(path, { signal, ...(range && { range }) })
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** @throws HoldallError whose message is the sentence */
export function assertSame(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new HoldallError('unavailable', { reason: otherwise })
}
