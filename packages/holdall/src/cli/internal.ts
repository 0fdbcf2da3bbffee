import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openDataDirectory } from '../app/data-directory.ts'
import { type Config, loadConfig } from '../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import { CommandError, type CommandIo } from './arguments.ts'
import { DEFAULT_DATA } from './defaults.ts'

export interface DataOptions {
  readonly config?: string | undefined
  readonly data?: string | undefined
  readonly internal?: string | undefined
  /** Whether the data may be made here, before a server has run. */
  readonly begins?: boolean | undefined
  /** Paths of served databases besides those of the configuration. */
  readonly databases?: readonly string[] | undefined
}

/** What a command works on: the data of a server, whether that runs or not. */
export interface ServerData {
  /** The data directory. */
  readonly path: string
  /** The path of the internal database. */
  readonly internal: string
  readonly config: Config
  readonly db: InternalDatabase
}

/**
 * Opens the data that `-c`, `--data` and `--internal` name, and closes it after the work.
 *
 * @throws CommandError where no server has made any, unless it `begins`: nobody could sign in with what would be made there
 */
export async function withServerData<Result>(
  options: DataOptions,
  io: CommandIo,
  work: (data: ServerData) => Promise<Result>,
): Promise<Result> {
  const { config } = loadConfig({ file: options.config, env: io.env, databases: options.databases ?? [] })
  const data = options.data ?? DEFAULT_DATA
  const expected = resolve(options.internal ?? join(data, 'internal.db'))
  if (options.begins !== true && !existsSync(expected)) {
    throw new CommandError(
      `No server keeps its data here: there is no ${expected}. Name the folder that the server was started with, --data FOLDER, or start the server first.`,
    )
  }
  const { path, internalDatabase } = openDataDirectory(data, options.internal)
  const db = await openInternalDatabase(internalDatabase)
  try {
    return await work({ path, internal: internalDatabase, config, db })
  } finally {
    await db.close()
  }
}
