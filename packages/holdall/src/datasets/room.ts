import type { Permissions } from '../access/permissions.ts'
import type { Config } from '../config/config.ts'
import type { InternalDatabase } from '../database/internal.ts'
import type { Sources } from '../sources/sources.ts'
import type { Log } from '../web/log.ts'
import type { FrameOf } from '../web/page.ts'
import type { Route } from '../web/route.ts'
import type { Urls } from '../web/url.ts'
import { recordCollections } from './collections/rows.ts'

export interface DatasetsOptions {
  readonly database: InternalDatabase
  readonly config: Config
  readonly sources: Sources
  readonly permissions: Permissions
  readonly urls: Urls
  readonly frame: FrameOf
  readonly log: Log
  /** The folder of everything that can be made again. */
  readonly dataDirectory: string
}

/** The datasets room, assembled. */
export interface Datasets {
  readonly routes: readonly Route[]
  close(): Promise<void>
}

/** Enters the collections of the configuration. */
export async function createDatasets({ database, config }: DatasetsOptions): Promise<Datasets> {
  await recordCollections(database, config.collections)
  return {
    routes: [],
    async close() {},
  }
}
