import { z } from 'zod'
import type { Log } from '../../web/log.ts'
import type { Storage, StorageType } from '../storage.ts'
import { adoptingFolder } from './adopting.ts'
import { copyWithin } from './copy.ts'
import { createDoctor, diagnoseRoot } from './doctor.ts'
import { type BeforeIo, unwatched } from './io.ts'
import { createList } from './list.ts'
import { createMultipart } from './parts/multipart.ts'
import { readFrom } from './read.ts'
import { openRoot, type Root } from './root.ts'
import { countTemporary, sweepTemporary } from './temporary.ts'
import { deleteFrom, writeTo } from './write.ts'

const wholeNumber = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.int().positive())
const flag = z.union([z.boolean(), z.stringbool()], { error: 'must be true or false.' })
const ROOT_ERROR = 'must be the path of a folder, for example /srv/scans.'

export const filesystemConfig = z
  .strictObject({
    /** Made when it is not there. */
    root: z.string({ error: ROOT_ERROR }).min(1, { error: ROOT_ERROR }).meta({
      title: 'Folder',
      description: 'Its whole path on the computer that Holdall runs on, for example /srv/scans.',
    }),
    read_only: flag.optional().meta({
      control: 'checkbox',
      title: 'Read only',
      description:
        'Nothing in the folder is ever written, changed, moved or deleted. Its files can be found, opened and put into rows; nothing can be uploaded there. Without it, uploads go into new folders in it, and who may delete files may delete those that lie there.',
    }),
    max_file_size: wholeNumber.optional().meta({ title: 'Largest file', description: 'Bytes.', hidden: true }),
  })
  .meta({ title: 'Folder', description: 'A folder of the computer that Holdall runs on, with all that is in it.' })

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
  async function sweep(root: Root, log: Log): Promise<void> {
    const files = await sweepTemporary(root, now)
    if (files > 0) log.info('temporary files swept', { root: root.directory, files })
  }

  function writing(root: Root, log: Log): Pick<Storage, 'write' | 'copy' | 'delete' | 'multipart' | 'sweep'> {
    return {
      write: (path, body, options = {}) => writeTo(root, path, body, options, before),
      copy: (from, to, options = {}) => copyWithin(root, from, to, options, before),
      delete: (path) => deleteFrom(root, path, before),
      multipart: createMultipart(root, now, before),
      sweep: () => sweep(root, log),
    }
  }

  return {
    type: 'filesystem',
    config: filesystemConfig,
    adopting: adoptingFolder,
    diagnose: (error, { root }) => diagnoseRoot(error, root),
    async create(config, context): Promise<Storage> {
      const { log } = context
      const readOnly = context.readOnly === true || config.read_only === true
      const root = await openRoot(config.root, { make: !readOnly })
      if (readOnly) {
        const files = await countTemporary(root, now)
        if (files > 0) log.info('temporary files found', { root: root.directory, files })
      } else await sweep(root, log)
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
        ...(config.read_only ? {} : writing(root, log)),
        doctor: createDoctor(root, { writes: !config.read_only }),
        ...(config.max_file_size === undefined ? {} : { maxFileSize: config.max_file_size }),
      }
    },
  }
}
