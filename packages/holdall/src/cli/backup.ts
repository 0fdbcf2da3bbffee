import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { backup as backUp, DatabaseSync } from 'node:sqlite'
import { SECRET_FILE } from '../secrets/server-secret.ts'
import { formatCount } from '../web/format.ts'
import { CommandError, type CommandIo, DATA_OPTIONS, parse, UsageError } from './arguments.ts'
import { filesToCopy } from './files-to-copy.ts'
import { type ServerData, withServerData } from './internal.ts'
import { progressLine } from './progress.ts'

/** Pages of a database that are copied between two looks at who else wants it. */
const PAGES_AT_ONCE = 1_000

/**
 * `holdall backup FOLDER [DB…]`: copies everything but the files themselves, beside a running server: the internal
 * database, the configured databases and those that are named, the server's secret and the configuration. Each database
 * is copied as it was at one moment. The folder appears whole or not at all.
 */
export async function backup(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, DATA_OPTIONS)
  const [folder, ...named] = positionals
  if (folder === undefined) throw new UsageError('Name a folder to make: holdall backup FOLDER [DB…]')
  const target = resolve(folder)
  refuseOccupied(target)
  await withServerData(values, io, async (data) => {
    const unfinished = `${target}.unfinished`
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(join(unfinished, 'data'), { recursive: true, mode: 0o700 })
    try {
      const databases = databasesOf(data, named)
      await copyDatabases([[data.internal, join('data', 'internal.db')], ...databases], unfinished, io)
      const secret = join(data.path, SECRET_FILE)
      if (existsSync(secret)) copyFileSync(secret, join(unfinished, 'data', SECRET_FILE))
      if (data.config.file !== undefined) copyFileSync(data.config.file, join(unfinished, basename(data.config.file)))
      if (existsSync(target)) rmSync(target, { recursive: true })
      renameSync(unfinished, target)
      await report(data, target, databases.length, io)
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true })
      throw error
    }
  })
}

function refuseOccupied(target: string): void {
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new CommandError(`${target} has something in it. Name a folder that is not there yet; nothing was copied.`)
  }
  if (!existsSync(dirname(target))) throw new CommandError(`There is no folder ${dirname(target)} to make it in.`)
}

/** From where, and under which name in the backup. Two of the same name cannot stand beside each other. */
function databasesOf({ config }: ServerData, named: readonly string[]): (readonly [string, string])[] {
  const paths = [...Object.values(config.databases).flatMap(({ path }) => path ?? []), ...named]
  const byName = new Map<string, string>()
  const own = ['data', ...(config.file === undefined ? [] : [basename(config.file)])]
  for (const path of paths.map((each) => resolve(each))) {
    const name = basename(path)
    if (own.includes(name)) {
      throw new CommandError(
        `${path} is called ${name}, as a part of the backup is. Give it another name; nothing was copied.`,
      )
    }
    if (byName.has(name) && byName.get(name) !== path) {
      throw new CommandError(`Two databases are called ${name}. Back them up one by one; nothing was copied.`)
    }
    if (!existsSync(path)) throw new CommandError(`There is no database ${path}. Nothing was copied.`)
    byName.set(name, path)
  }
  return [...byName].map(([name, path]) => [path, name])
}

async function copyDatabases(
  databases: readonly (readonly [from: string, to: string])[],
  folder: string,
  io: CommandIo,
): Promise<void> {
  const line = progressLine(io.stderr, io.stdout.isTTY === true)
  for (const [from, to] of databases) {
    const database = new DatabaseSync(from, { readOnly: true })
    try {
      await backUp(database, join(folder, to), {
        rate: PAGES_AT_ONCE,
        progress({ totalPages, remainingPages }) {
          if (io.signal.aborted) throw new CommandError('Stopped. Nothing was kept.')
          line.show(basename(to), 'copying', totalPages - remainingPages, totalPages)
        },
      })
    } catch (error) {
      if (error instanceof CommandError) throw error
      throw new CommandError(`${from} could not be copied: ${(error as Error).message}. Nothing was kept.`)
    } finally {
      database.close()
      line.clear()
    }
  }
}

async function report(data: ServerData, target: string, databases: number, io: CommandIo): Promise<void> {
  io.stdout.write(`${target}: ${formatCount(databases, 'database')}, the internal database, secret and configuration\n`)
  const lines = await filesToCopy(data, target, io.env)
  if (lines.length > 0) io.stdout.write(`The files themselves are not in it. Copy them too:\n`)
  for (const line of lines) io.stdout.write(`  ${line}\n`)
}
