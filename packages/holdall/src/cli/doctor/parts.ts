import { createHash, randomBytes } from 'node:crypto'
import { createCrc32c } from '../../sources/crc32c.ts'
import type { Finding, Step } from '../../sources/examination.ts'
import type { Multipart, MultipartUpload, PartChecksum, PartPlan } from '../../sources/multipart.ts'
import { isReadable } from '../../sources/preflight.ts'
import { planParts, sizeOfPart } from '../../uploads/plan.ts'
import { attempt, type Bench, failed, TRANSFER_LIMIT_MS } from './bench.ts'
import type { Probes } from './probes.ts'
import { assertSame } from './whole.ts'

const CHECK = 'parts'
const LAST_PART_BYTES = 1_000
const TOKEN_BYTES = 16
const URL_LIFE_S = 300
const ABORT_LIMIT_MS = 20_000

/**
 * A file in two parts, of which the first is as large as those of real uploads: begun, aborted, begun again, sent,
 * completed and looked at.
 */
export async function* partsFindings(bench: Bench, probes: Probes): AsyncGenerator<Finding> {
  const { storage } = bench
  const { multipart } = storage
  if (multipart === undefined) return
  const { partSize } = planParts(1, multipart.limits)
  const size = partSize + LAST_PART_BYTES
  if (storage.maxFileSize !== undefined && storage.maxFileSize < size) {
    return yield { check: CHECK, status: 'skipped', says: 'Its max_file_size is too small for files in parts.' }
  }
  const open = new Set<MultipartUpload>()
  const left: string[] = []
  let finding: Finding
  try {
    finding = await transfer(bench, probes, multipart, { partSize, size, open })
  } finally {
    for (const upload of open) {
      const signal = AbortSignal.timeout(ABORT_LIMIT_MS)
      await multipart.abort(upload, { signal }).catch(() => left.push(upload.path))
    }
  }
  const [path] = left
  yield path === undefined ? finding : { ...finding, says: `${finding.says} An upload of ${path} is left there.` }
}

interface Transfer {
  readonly partSize: number
  readonly size: number
  /** Uploads that were begun and are not over. */
  readonly open: Set<MultipartUpload>
}

async function transfer(
  bench: Bench,
  probes: Probes,
  multipart: Multipart,
  { partSize, size, open }: Transfer,
): Promise<Finding> {
  let failure: Finding | undefined
  /** Does a step unless one before it has failed. */
  async function step<Result>(name: Step, work: (signal: AbortSignal) => Promise<Result>, limitMs?: number) {
    if (failure !== undefined) return undefined
    const tried = await attempt(bench, CHECK, name, work, limitMs)
    if ('value' in tried) return tried.value
    failure = tried.finding
    return undefined
  }
  async function begin(name: string): Promise<MultipartUpload | undefined> {
    const token = randomBytes(TOKEN_BYTES).toString('hex')
    const planned = { path: probes.path(name), size, partSize, token, contentType: 'application/octet-stream' }
    const id = await step('begin parts', (signal) => multipart.create(planned, { signal }))
    if (id === undefined) return undefined
    const upload = { ...planned, id }
    open.add(upload)
    return upload
  }

  const aborted = await begin('aborted')
  if (aborted !== undefined) {
    if (multipart.listUploads !== undefined) {
      await step('list uploads', async (signal) => void (await multipart.listUploads?.({ signal })))
    }
    await step('list parts', async (signal) => void (await multipart.listParts(aborted, { signal })))
    await step('abort parts', async (signal) => {
      await multipart.abort(aborted, { signal })
      open.delete(aborted)
    })
  }
  const upload = await begin('parts')
  if (upload === undefined) return failure as Finding

  const body = randomBytes(size)
  const plan = { size, partSize, partCount: 2 }
  for (let number = 1; number <= plan.partCount; number += 1) {
    const length = sizeOfPart(plan, number)
    const piece = body.subarray((number - 1) * partSize, (number - 1) * partSize + length)
    const { checksum: kind } = multipart
    const part = { number, size: length, ...(kind && { checksum: checksumOf(kind, piece) }) }
    await step('send part', (signal) => send(bench, probes, multipart, upload, part, piece, signal), TRANSFER_LIMIT_MS)
  }
  const listed = await step('list parts', async (signal) => {
    const { parts } = await multipart.listParts(upload, { signal })
    const sizes = parts.map((part) => part.size).join(', ')
    assertSame(
      sizes === `${partSize}, ${LAST_PART_BYTES}`,
      'The parts that were sent are not listed as they were sent.',
    )
    return parts
  })
  if (listed !== undefined) {
    probes.made(upload.path)
    await step('complete parts', (signal) => multipart.complete(upload, listed, { signal }), TRANSFER_LIMIT_MS)
    const found = await step('find', async (signal) => ({ file: await multipart.find(upload, { signal }) }))
    if (found !== undefined) open.delete(upload)
    if (found !== undefined && found.file === undefined) {
      const says = 'A file that was sent in parts is not known again.'
      return await failed(bench, CHECK, { step: 'forgotten' }, says)
    }
  }
  return failure ?? { check: CHECK, status: 'ok', says: 'Large files go in parts.' }
}

async function send(
  { fetch, origin }: Bench,
  probes: Probes,
  multipart: Multipart,
  upload: MultipartUpload,
  part: PartPlan,
  body: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<void> {
  if (multipart.partTarget === undefined) {
    await multipart.writePart?.(upload, part, once(body), { signal })
    return
  }
  const target = await multipart.partTarget(upload, part, { expiresIn: URL_LIFE_S })
  const headers = { ...target.headers, 'content-length': String(part.size), ...(origin !== undefined && { origin }) }
  const answer = await fetch(target.url, { method: 'PUT', headers, body, signal })
  const said = await answer.text()
  assertSame(answer.ok, `A part that a client sends is answered with ${answer.status} ${codeIn(said)}`.trim())
  if (part.number === 1) probes.target({ ...target, isReadable: isReadable(answer, origin) })
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body
}

function checksumOf(kind: PartChecksum, bytes: Uint8Array): string {
  if (kind === 'md5') return createHash('md5').update(bytes).digest('base64')
  const sum = createCrc32c()
  sum.update(bytes)
  return sum.digest()
}

/** S3's way to say why. */
function codeIn(answer: string): string {
  return /<Code>(\w+)<\/Code>/.exec(answer)?.[1] ?? ''
}
