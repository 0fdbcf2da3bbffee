import { createLog } from '../../../web/log.ts'
import { bytes, inChunks } from '../../contract/bodies.ts'
import { killPoint } from '../../kill-point.ts'
import type { Multipart, MultipartUpload, NewMultipart } from '../../multipart.ts'
import { filesystemType } from '../storage.ts'

/** What a process of its own does to an upload, for a test that kills it: `node test-child.ts ROOT ORDER`. */
export type Order =
  | { readonly action: 'create'; readonly upload: NewMultipart }
  | { readonly action: 'complete' | 'abort'; readonly upload: MultipartUpload }
  /** `stalls`: half of the part arrives, then nothing more. */
  | {
      readonly action: 'write'
      readonly upload: MultipartUpload
      readonly number: number
      readonly size: number
      readonly seed: number
      readonly stalls?: boolean
    }

export async function openMultipart(root: string, before?: (call: string) => void): Promise<Multipart> {
  const { multipart } = await filesystemType(before && { before }).create(
    { root },
    { getSecret: async () => undefined, fetch, log: createLog(() => {}) },
  )
  if (multipart === undefined) throw new Error('The storage takes no parts')
  return multipart
}

if (import.meta.main) {
  const [root = '', order = ''] = process.argv.slice(2)
  await obey(await openMultipart(root, killPoint(process.env)), JSON.parse(order))
  process.stdout.write('done\n')
}

async function obey(multipart: Multipart, order: Order): Promise<void> {
  switch (order.action) {
    case 'create':
      await multipart.create(order.upload)
      return
    case 'complete':
      return await multipart.complete(order.upload, (await multipart.listParts(order.upload)).parts)
    case 'abort':
      return await multipart.abort(order.upload)
    case 'write': {
      const { upload, number, size, seed, stalls = false } = order
      const body = bytes(size, seed)
      await multipart.writePart?.(upload, { number, size }, stalls ? stalling(body) : inChunks(body))
    }
  }
}

async function* stalling(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* inChunks(body.subarray(0, body.byteLength / 2))
  process.stdout.write('waiting\n')
  // A promise alone keeps no process alive.
  const alive = setInterval(() => {}, 1_000)
  await new Promise(() => {})
  clearInterval(alive)
}
