import type { ProxySettings } from '../access/origin.ts'
import type { Permissions } from '../access/permissions.ts'
import type { Metadata } from '../config/config.ts'
import type { Urls } from '../web/url.ts'
import type { Databases } from './databases.ts'
import type { FindFileIds } from './file-columns/file-ids.ts'
import type { FileColumns } from './file-columns/settings.ts'

/** What the JSON routes of tables need of the rooms around them. */
export interface TablesRoom {
  readonly databases: Databases
  readonly permissions: Permissions
  readonly urls: Urls
  readonly metadata: Metadata
  /** Seconds that an answer which anybody may see can be kept: `settings.default_cache_ttl`. */
  readonly cacheTtl: number
  readonly fileColumns: FileColumns
  readonly fileIds: FindFileIds
  /** What absolute addresses begin with depends on the way to this server. */
  readonly proxy: ProxySettings
}
