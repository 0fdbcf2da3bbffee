import { HoldallError } from '../../../web/error.ts'
import type { Multipart, MultipartUpload } from '../../multipart.ts'
import { type BeforeIo, codeOf, explain } from '../io.ts'
import type { Root } from '../root.ts'
import { type Claim, type Claimed, claim, inProgress } from './claim.ts'
import { discardUpload, findCompleted, publishUpload } from './complete.ts'
import { createUpload } from './create.ts'
import { findFolder, knownFolder, type UploadFolder } from './folder.ts'
import { LIMITS, offsetOf } from './limits.ts'
import { listParts, listUploads } from './list.ts'
import { createOpenUploads } from './open.ts'
import { createTurns } from './turns.ts'
import { receivePart } from './write-part.ts'

/** Files in parts, each written where it belongs in the file that will be. */
export function createMultipart(root: Root, now: () => number, before: BeforeIo): Multipart {
  const turns = createTurns()
  const uploads = createOpenUploads()

  async function claiming<Result>(
    folder: UploadFolder,
    claimed: Claimed,
    work: (held: Claim) => Promise<Result>,
  ): Promise<Result> {
    const held = await claim(folder.directory, claimed, before)
    let result: Result
    try {
      result = await work(held)
    } catch (error) {
      await held.release().catch(() => {})
      throw error
    }
    await held.release()
    return result
  }

  return {
    limits: LIMITS,
    checksum: 'crc32c',
    async create(upload, { signal } = {}) {
      signal?.throwIfAborted()
      return await createUpload(root, upload, now, before)
    },
    async writePart(upload, part, body, { signal } = {}) {
      signal?.throwIfAborted()
      offsetOf(upload, part)
      // Before anything is waited for: of two requests the later one is the one that came later.
      return await turns.take(upload.id, part.number, inProgress(), async (stopped) => {
        const folder = await findFolder(root, upload)
        const either = signal === undefined ? stopped : AbortSignal.any([signal, stopped])
        try {
          return await claiming(folder, part.number, (held) =>
            uploads.use(folder, (files) =>
              receivePart(files, upload, part, body, { claim: held, signal: either, before }),
            ),
          )
        } catch (error) {
          throw await goneOr(upload, error)
        }
      })
    },
    async listParts(upload, options = {}) {
      return await listParts(await findFolder(root, upload), options)
    },
    async complete(upload, parts, { signal } = {}) {
      signal?.throwIfAborted()
      await turns.alone(upload.id, inProgress(), async () => {
        const folder = await findFolder(root, upload)
        try {
          await claiming(folder, 'whole', () => publishUpload(root, folder, upload, parts, before))
        } catch (error) {
          throw await goneOr(upload, error)
        }
        // The file is there. What this leaves, the next start sweeps.
        await discardUpload(root, folder, before).catch(() => {})
      })
    },
    find: (upload) => findCompleted(root, upload),
    async abort(upload) {
      await turns.alone(upload.id, new HoldallError('multipart_gone'), async () => {
        const folder = await knownFolder(root, upload)
        if (folder === undefined) return await root.assertThere()
        await discardUpload(root, folder, before)
      })
    },
    listUploads: ({ cursor } = {}) => listUploads(root, cursor),
  }

  /** The upload may go at any moment: whoever aborts or completes in another process asks nobody here. */
  async function goneOr(upload: MultipartUpload, error: unknown): Promise<unknown> {
    if (codeOf(error) !== 'ENOENT') return explain(error)
    return await findFolder(root, upload).then(
      () => error,
      (gone) => gone,
    )
  }
}
