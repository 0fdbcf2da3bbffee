import type { Storage } from './storage.ts'

/** What `/-/files/sources.json` says of a source. Derived from the storage's members, so that the two cannot disagree. */
export interface Capabilities {
  readonly can_upload: boolean
  readonly can_delete: boolean
  readonly can_list: boolean
  readonly can_generate_signed_urls: boolean
  readonly can_generate_thumbnails: boolean
  readonly requires_proxy_download: boolean
}

export function capabilitiesOf(storage: Storage): Capabilities {
  return {
    can_upload: storage.write !== undefined,
    can_delete: storage.delete !== undefined,
    can_list: storage.list !== undefined,
    can_generate_signed_urls: storage.downloadUrl !== undefined,
    can_generate_thumbnails: storage.thumbnailUrl !== undefined,
    requires_proxy_download: storage.downloadUrl === undefined,
  }
}

/** What is said of a storage that cannot be asked: nothing works there now. */
export const NO_CAPABILITIES: Capabilities = {
  can_upload: false,
  can_delete: false,
  can_list: false,
  can_generate_signed_urls: false,
  can_generate_thumbnails: false,
  requires_proxy_download: false,
}
