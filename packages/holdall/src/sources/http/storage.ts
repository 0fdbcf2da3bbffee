import { HoldallError } from '../../web/error.ts'
import type { Storage, StorageContext, StorageType, StoredFile } from '../storage.ts'
import { archiveItem } from './archive.ts'
import type { Catalog, RemoteFile } from './catalog.ts'
import { type HttpConfig, httpConfig } from './config.ts'
import { createDoctor } from './doctor.ts'
import { factsOf } from './facts.ts'
import { listPage } from './list.ts'
import { readRemote } from './read.ts'
import { urlList } from './url-list.ts'

export interface HttpOptions {
  readonly now?: () => number
  /** How long the record of an archive item answers for it. */
  readonly recordLifeMs?: number
}

/** Files of other servers, read-only: a list of addresses, or an item of the Internet Archive. */
export function httpType(options: HttpOptions = {}): StorageType<HttpConfig> {
  return {
    type: 'http',
    config: httpConfig,
    hashUnasked: false,
    takesUploads: false,
    adopting: { blame: (_, config) => (config.archive_item === undefined ? 'urls' : 'archive_item') },
    async create(config, context): Promise<Storage> {
      const { fetch, log } = context
      const catalog = catalogOf(config, context, options)

      async function statOf({ path, url, told }: RemoteFile, signal?: AbortSignal): Promise<StoredFile | undefined> {
        if (told.size !== undefined) return { path, ...told, size: told.size }
        const facts = await factsOf(fetch, url, signal)
        return facts && { path, ...facts, ...told, size: facts.size }
      }

      async function get(path: string, signal?: AbortSignal): Promise<RemoteFile> {
        const file = await catalog.find(path, signal)
        if (file === undefined) throw new HoldallError('file_missing')
        return file
      }

      return {
        async stat(path, { signal } = {}) {
          const file = await catalog.find(path, signal)
          return file && (await statOf(file, signal))
        },
        read: async (path, read = {}) => await readRemote(fetch, await get(path, read.signal), read),
        list: (list) => listPage({ catalog, statOf, log }, list),
        doctor: createDoctor(catalog, fetch),
        ...(config.downloads === 'redirect' && { downloadUrl: async (path: string) => (await get(path)).url }),
      }
    },
  }
}

function catalogOf(config: HttpConfig, { fetch, log }: StorageContext, options: HttpOptions): Catalog {
  if (config.archive_item === undefined) return urlList(config.urls ?? [])
  const { now = Date.now, recordLifeMs } = options
  return archiveItem({ fetch, item: config.archive_item, base: config.archive_url, log, now, recordLifeMs })
}
