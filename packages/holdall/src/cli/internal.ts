import { openDataDirectory } from '../app/data-directory.ts'
import { type Config, loadConfig } from '../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import type { CommandIo } from './arguments.ts'
import { DEFAULT_DATA } from './defaults.ts'

export interface DataOptions {
  readonly config?: string | undefined
  readonly data?: string | undefined
  readonly internal?: string | undefined
}

/** What a command works on: the data of a server, whether that runs or not. */
export interface ServerData {
  /** The data directory. */
  readonly path: string
  readonly config: Config
  readonly db: InternalDatabase
}

/** Opens the data that `-c`, `--data` and `--internal` name, and closes it after the work. */
export async function withServerData<Result>(
  options: DataOptions,
  io: CommandIo,
  work: (data: ServerData) => Promise<Result>,
): Promise<Result> {
  const { config } = loadConfig({ file: options.config, env: io.env })
  const { path, internalDatabase } = openDataDirectory(options.data ?? DEFAULT_DATA, options.internal)
  const db = await openInternalDatabase(internalDatabase)
  try {
    return await work({ path, config, db })
  } finally {
    await db.close()
  }
}
