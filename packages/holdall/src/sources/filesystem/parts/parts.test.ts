import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bytes, inChunks } from '../../contract/bodies.ts'
import type { Multipart, MultipartUpload } from '../../multipart.ts'
import { TEMPORARY_FOLDER } from '../root.ts'
import { STRANGERS_CLAIM_MS } from './claim.ts'
import { FORGOTTEN_AFTER_MS } from './dead.ts'
import { type Order, openMultipart } from './test-child.ts'

const CHILD = fileURLToPath(new URL('test-child.ts', import.meta.url))
const GIB = 1024 ** 3
const PART_BYTES = 200_000
const LAST_BYTES = 1_000

describe('files in parts on the filesystem', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdall-parts-'))
  })
  after(() => rm(folder, { recursive: true }))

  test('a large upload takes no room before its parts come', async () => {
    const { root, multipart } = await open('sparse')
    const upload = await begin(multipart, { size: 20 * GIB, partSize: 8 * 1024 ** 2 })
    const data = await stat(join(root, TEMPORARY_FOLDER, upload.id, 'data'))
    assert.equal(data.size, 20 * GIB)
    assert.ok(data.blocks * 512 < 1024 ** 2, `${data.blocks} blocks`)
    const last = 20 * 128
    await multipart.writePart?.(upload, { number: last, size: 8 * 1024 ** 2 }, inChunks(bytes(8 * 1024 ** 2)))
    assert.deepEqual(
      (await multipart.listParts(upload)).parts.map(({ number }) => number),
      [last],
    )
    await multipart.abort(upload)
  })

  test('what cannot fit is refused when it is begun, and leaves nothing', async () => {
    const { root, multipart } = await open('large')
    await assert.rejects(begin(multipart, { size: 5_000 * 1024 * GIB, partSize: 5 * GIB }), { code: 'bad_request' })
    await assert.rejects(begin(multipart, { size: 40 * 1024 * GIB, partSize: 5 * GIB }), { code: 'storage_full' })
    for (const [size, partSize] of [
      [0, 1],
      [1.5, 1],
      [10, 0],
      [10_001, 1],
    ] as const) {
      await assert.rejects(begin(multipart, { size, partSize }), { code: 'bad_request' })
    }
    await mkdir(join(root, 'folder'))
    await writeFile(join(root, 'file'), '')
    for (const path of ['folder', 'file/a', 'x'.repeat(300)]) {
      await assert.rejects(begin(multipart, { path }), { code: 'storage_path_invalid' }, path)
    }
    assert.deepEqual((await readdir(root)).sort(), ['file', 'folder'])
  })

  test('an id that this storage did not make leads nowhere', async () => {
    const { root, multipart } = await open('ids')
    const upload = await begin(multipart)
    await send(multipart, upload, 1)
    const outside = join(folder, 'outside')
    await mkdir(outside)
    for (const name of await readdir(join(root, TEMPORARY_FOLDER, upload.id))) {
      await writeFile(join(outside, name), await readFile(join(root, TEMPORARY_FOLDER, upload.id, name)))
    }
    for (const id of [
      '',
      '.',
      '..',
      '../..',
      '../../outside',
      outside,
      `${upload.id}/../${upload.id}`,
      `${upload.id}\0`,
    ]) {
      const other = { ...upload, id }
      await assert.rejects(multipart.listParts(other), { code: 'multipart_gone' }, id)
      await assert.rejects(send(multipart, other, 1), { code: 'multipart_gone' }, id)
      await assert.rejects(multipart.complete(other, []), { code: 'multipart_gone' }, id)
      await multipart.abort(other)
      assert.equal(await multipart.find(other), undefined)
    }
    assert.equal((await readdir(outside)).length, 3)
    // Nor does its own id in the name of another upload.
    for (const other of [
      { token: 'other' },
      { path: 'other' },
      { size: upload.size - 1 },
      { partSize: PART_BYTES + 1 },
    ]) {
      await assert.rejects(multipart.listParts({ ...upload, ...other }), { code: 'multipart_gone' })
      await multipart.abort({ ...upload, ...other })
    }
    assert.equal((await multipart.listParts(upload)).parts.length, 1)
  })

  test('only parts of the plan can be written', async () => {
    const { multipart } = await open('plan')
    const upload = await begin(multipart)
    for (const part of [
      { number: 0, size: PART_BYTES },
      { number: 1.5, size: PART_BYTES },
      { number: 1, size: PART_BYTES - 1 },
      { number: 2, size: PART_BYTES },
      { number: 3, size: 1 },
    ]) {
      await assert.rejects(async () => multipart.writePart?.(upload, part, inChunks(bytes(part.size))), {
        code: 'bad_request',
      })
    }
    for (const limit of [0, -1, 1.5, 1_001]) {
      await assert.rejects(multipart.listParts(upload, { limit }), { code: 'bad_request' })
    }
    await assert.rejects(multipart.listParts(upload, { after: -1 }), { code: 'bad_request' })
  })

  test('a full disk refuses a part, keeps the others, and takes it once there is room', async () => {
    for (const call of ['claim', 'write', 'flush file', 'give receipt', 'flush receipt']) {
      let full = false
      const { multipart } = await open(`full-${call}`, (asked) => {
        if (full && asked === call) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      })
      const upload = await begin(multipart)
      await send(multipart, upload, 2)
      full = true
      await assert.rejects(send(multipart, upload, 1), { code: 'storage_full' }, call)
      full = false
      const numbers = (await multipart.listParts(upload)).parts.map(({ number }) => number)
      assert.deepEqual(numbers.at(-1), 2, call)
      await send(multipart, upload, 1)
      await complete(multipart, upload)
      assert.equal((await multipart.find(upload))?.size, upload.size)
    }
    for (const call of [
      'create upload',
      'create parts',
      'create receipts',
      'create plan',
      'name upload',
      'flush folder',
    ]) {
      const { root, multipart } = await open(`full-${call}`, (asked) => {
        if (asked === call) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      })
      await assert.rejects(begin(multipart), { code: 'storage_full' }, call)
      assert.deepEqual(await readdir(join(root, TEMPORARY_FOLDER)).catch(() => []), [], call)
    }
  })

  test('a completion that could not be made durable has its parts still', async () => {
    let fails = true
    let completing = false
    const { root, multipart } = await open('undurable', (call) => {
      if (completing && fails && call === 'flush folder') throw new Error('the disk fails')
    })
    const upload = await begin(multipart)
    for (const number of [1, 2]) await send(multipart, upload, number)
    completing = true
    await assert.rejects(complete(multipart, upload), /the disk fails/)
    assert.deepEqual(await readdir(root), [TEMPORARY_FOLDER])
    assert.equal(await multipart.find(upload), undefined)
    fails = false
    await complete(multipart, upload)
    assert.equal((await multipart.find(upload))?.size, upload.size)
  })

  test('a part that is sent again has its way at once, though its first request hangs', async () => {
    const { multipart } = await open('hangs')
    const upload = await begin(multipart)
    const { promise: never } = Promise.withResolvers<void>()
    async function* hanging() {
      yield bytes(100_000, 99)
      await never
    }
    const first = Promise.resolve(multipart.writePart?.(upload, { number: 1, size: PART_BYTES }, hanging()))
    const refused = assert.rejects(first, { code: 'part_in_progress', status: 503 })
    await send(multipart, upload, 1)
    await refused
    await send(multipart, upload, 2)
    // Nor does a request that hangs keep the others from completing, or aborting.
    const second = Promise.resolve(multipart.writePart?.(upload, { number: 1, size: PART_BYTES }, hanging()))
    const stopped = assert.rejects(second, { code: 'part_in_progress' })
    await waitFor(async () => (await readdir(folderOf(upload))).some((name) => name.startsWith('claim.1')))
    await complete(multipart, upload)
    await stopped
    assert.equal((await multipart.find(upload))?.size, upload.size)

    function folderOf({ id }: MultipartUpload): string {
      return join(folder, 'hangs', TEMPORARY_FOLDER, id)
    }
  })

  test('of two processes one writes a part; when it dies the other may', async () => {
    const { root, multipart } = await open('processes')
    const upload = await begin(multipart)
    await send(multipart, upload, 2)
    const order: Order = { action: 'write', upload, number: 1, size: PART_BYTES, seed: 7, stalls: true }
    const child = spawn(process.execPath, [CHILD, root, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'close')
    await once(child.stdout, 'data')
    await assert.rejects(send(multipart, upload, 1), { code: 'part_in_progress', headers: { 'Retry-After': '1' } })
    await assert.rejects(complete(multipart, upload), { code: 'part_in_progress' })
    await send(multipart, upload, 2)
    child.kill('SIGKILL')
    await ended
    await send(multipart, upload, 1)
    await complete(multipart, upload)
    assert.equal((await multipart.find(upload))?.size, upload.size)
    assert.deepEqual(await readdir(join(root, TEMPORARY_FOLDER)), [])
  })

  test('aborted by another process, a part that is being written ends as gone', async () => {
    const { multipart, root } = await open('aborted')
    const upload = await begin(multipart)
    async function* slowly() {
      yield bytes(PART_BYTES - 1)
      await (await openMultipart(root)).abort(upload)
      yield bytes(1)
    }
    await assert.rejects(async () => multipart.writePart?.(upload, { number: 1, size: PART_BYTES }, slowly()), {
      code: 'multipart_gone',
    })
    assert.deepEqual(await readdir(join(root, TEMPORARY_FOLDER)), [])
  })

  test('the claim of a process that cannot be known stands while it is touched', async () => {
    const { multipart, root } = await open('stranger')
    const upload = await begin(multipart)
    const claim = join(root, TEMPORARY_FOLDER, upload.id, 'claim.1.ffffffff-1-1.abcdef')
    await writeFile(claim, '')
    await assert.rejects(send(multipart, upload, 1), { code: 'part_in_progress' })
    await send(multipart, upload, 2)
    const old = (Date.now() - STRANGERS_CLAIM_MS) / 1_000 - 1
    await utimes(claim, old, old)
    await send(multipart, upload, 1)
    await complete(multipart, upload)
  })

  test('a receipt that is not whole is none', async () => {
    const { multipart, root } = await open('torn')
    const upload = await begin(multipart)
    for (const number of [1, 2]) await send(multipart, upload, number)
    const receipts = join(root, TEMPORARY_FOLDER, upload.id, 'receipts')
    const whole = await readFile(receipts)
    for (const at of [0, 5, 12, 20, 34, 39, 63]) {
      const torn = Buffer.from(whole)
      torn[at] = (torn[at] as number) ^ 1
      await writeFile(receipts, torn)
      const { parts } = await multipart.listParts(upload)
      // Bytes that nobody uses are not looked at, but they are part of its checksum.
      assert.deepEqual(
        parts.map(({ number }) => number),
        [2],
        `byte ${at}`,
      )
      await assert.rejects(complete(multipart, upload), { code: 'upload_parts_missing' })
    }
    // One receipt in the place of another speaks of another range.
    await writeFile(receipts, Buffer.concat([whole.subarray(64), whole.subarray(64)]))
    assert.equal((await multipart.listParts(upload)).parts.length, 1)
    await truncate(receipts, 100)
    assert.equal((await multipart.listParts(upload)).parts.length, 0)
    await truncate(receipts, 0)
    assert.deepEqual((await multipart.listParts(upload)).parts, [])
    await send(multipart, upload, 1)
  })

  test('a root that is gone is a failure, not an upload that is gone', async () => {
    const { multipart, root } = await open('unmounted')
    const upload = await begin(multipart)
    await rename(root, `${root}-away`)
    await assert.rejects(multipart.listParts(upload), { code: 'ENOENT' })
    await assert.rejects(send(multipart, upload, 1), { code: 'ENOENT' })
    await assert.rejects(multipart.complete(upload, []), { code: 'ENOENT' })
    await assert.rejects(multipart.abort(upload), { code: 'ENOENT' })
    await assert.rejects(multipart.find(upload), { code: 'ENOENT' })
    await assert.rejects(async () => multipart.listUploads?.(), { code: 'ENOENT' })
    await assert.rejects(begin(multipart), { code: 'ENOENT' })
    await rename(`${root}-away`, root)
    await send(multipart, upload, 1)
  })

  test('an error of the body is thrown as it is', async () => {
    const { multipart } = await open('body')
    const upload = await begin(multipart)
    const error = Object.assign(new Error('no such file'), { code: 'ENOENT' })
    // biome-ignore lint/correctness/useYield: it fails before it has anything to give.
    async function* failing(): AsyncGenerator<Uint8Array> {
      throw error
    }
    await assert.rejects(async () => multipart.writePart?.(upload, { number: 1, size: PART_BYTES }, failing()), error)
  })

  test('a start sweeps what nobody can go on with, and nothing that somebody may', async () => {
    const { multipart, root } = await open('sweep')
    const temporary = join(root, TEMPORARY_FOLDER)
    const [waiting, forgotten, published] = [await begin(multipart), await begin(multipart), await begin(multipart)]
    await send(multipart, waiting, 1)
    await age(waiting, FORGOTTEN_AFTER_MS - 3600_000)
    await age(forgotten, FORGOTTEN_AFTER_MS + 3600_000)
    await rm(join(temporary, published.id, 'data'))
    await mkdir(join(temporary, `${'0'.repeat(8)}-1-1.half-made`))
    const again = await openMultipart(root)
    assert.deepEqual((await readdir(temporary)).sort(), [`${'0'.repeat(8)}-1-1.half-made`, waiting.id].sort())
    assert.equal((await again.listParts(waiting)).parts.length, 1)
    await send(again, waiting, 2)
    await complete(again, waiting)

    async function age(upload: MultipartUpload, ms: number): Promise<void> {
      const at = (Date.now() - ms) / 1_000
      for (const name of ['data', 'receipts']) await utimes(join(temporary, upload.id, name), at, at)
    }
  })

  let begun = 0

  async function open(name: string, watch?: (call: string) => void) {
    const root = join(folder, name)
    return { root, multipart: await openMultipart(root, watch) }
  }

  function freshPath(): string {
    begun += 1
    return `${begun}/file.bin`
  }

  async function begin(
    multipart: Multipart,
    { path = freshPath(), size = PART_BYTES + LAST_BYTES, partSize = PART_BYTES } = {},
  ): Promise<MultipartUpload> {
    const upload = { path, size, partSize, token: 'token' }
    return { ...upload, id: await multipart.create(upload) }
  }
})

async function send(multipart: Multipart, upload: MultipartUpload, number: number): Promise<void> {
  const size = number === 1 ? PART_BYTES : LAST_BYTES
  await multipart.writePart?.(upload, { number, size }, inChunks(bytes(size, number)))
}

async function complete(multipart: Multipart, upload: MultipartUpload): Promise<void> {
  await multipart.complete(upload, (await multipart.listParts(upload)).parts)
}

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}
