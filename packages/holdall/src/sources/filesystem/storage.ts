import { z } from 'zod'
import type { Storage, StorageType } from '../storage.ts'
import { createDoctor, diagnoseRoot } from './doctor.ts'
import { type BeforeIo, unwatched } from './io.ts'
import { createList } from './list.ts'
import { createMultipart } from './parts/multipart.ts'
import { readFrom } from './read.ts'
import { openRoot } from './root.ts'
import { countTemporary, sweepTemporary } from './temporary.ts'
import { deleteFrom, writeTo } from './write.ts'

const wholeNumber = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.int().positive())

export const filesystemConfig = z.strictObject({
  /** A folder; made when it is not there. */
  root: z.string().min(1),
  /** Bytes. */
  max_file_size: wholeNumber.optional(),
})

export type FilesystemConfig = z.infer<typeof filesystemConfig>

export interface FilesystemOptions {
  readonly before?: BeforeIo
  readonly now?: () => number
}

/** Files in a folder of the server's own file system. */
export function filesystemType({
  before = unwatched,
  now = Date.now,
}: FilesystemOptions = {}): StorageType<FilesystemConfig> {
  return {
    type: 'filesystem',
    config: filesystemConfig,
    diagnose: (error, { root }) => diagnoseRoot(error, root),
    async create(config, { log, readOnly = false }): Promise<Storage> {
      const root = await openRoot(config.root, { make: !readOnly })
      const files = await (readOnly ? countTemporary(root, now) : sweepTemporary(root, now))
      const event = readOnly ? 'temporary files found' : 'temporary files swept'
      if (files > 0) log.info(event, { root: root.directory, files })
      return {
        async stat(path) {
          const handle = await root.open(path)
          if (handle === undefined) {
            await root.assertThere()
            return undefined
          }
          try {
            const { size, mtime } = await handle.stat()
            return { path, size, lastModified: mtime }
          } finally {
            await handle.close()
          }
        },
        async openLocal(path) {
          const handle = await root.open(path)
          return handle && { fd: handle.fd, path: root.target(path).full, close: () => handle.close() }
        },
        read: (path, options = {}) => readFrom(root, path, options),
        list: createList(root, now),
        write: (path, body, options = {}) => writeTo(root, path, body, options, before),
        delete: (path) => deleteFrom(root, path, before),
        multipart: createMultipart(root, now, before),
        doctor: createDoctor(root),
        ...(config.max_file_size === undefined ? {} : { maxFileSize: config.max_file_size }),
      }
    },
  }
}
