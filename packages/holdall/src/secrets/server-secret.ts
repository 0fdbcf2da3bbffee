import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HoldallError } from '../web/error.ts'

export const SECRET_FILE = 'secret'
const SECRET_BYTES = 32
const OWNER_ONLY = 0o600
const ANYONE_ELSE = 0o077

export interface ServerSecretOptions {
  /** `--secret` */
  readonly option?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where one is kept when none is given; it is made with its folder. */
  readonly dataDirectory: string
}

/**
 * What the server signs cookies with: `--secret`, else HOLDALL_SECRET, else DATASETTE_SECRET, else one of its own that
 * stays in the data directory, readable by its owner only.
 *
 * @throws HoldallError `secret_unreadable` when the kept one is empty or cannot be read
 */
export async function resolveServerSecret({ option, env, dataDirectory }: ServerSecretOptions): Promise<string> {
  const given = option || env.HOLDALL_SECRET || env.DATASETTE_SECRET
  if (given) return given
  const path = join(dataDirectory, SECRET_FILE)
  await mkdir(dataDirectory, { recursive: true })
  try {
    return (await create(path)) ?? (await read(path))
  } catch (cause) {
    throw cause instanceof HoldallError ? cause : new HoldallError('secret_unreadable', { path }, { cause })
  }
}

/** Undefined when there is one already: of two servers that start at once, both use the one that was first. */
async function create(path: string): Promise<string | undefined> {
  if (await exists(path)) return undefined
  const secret = randomBytes(SECRET_BYTES).toString('hex')
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    // Whole before it has its name: a server that dies here must not leave an empty secret that no later one takes.
    const file = await open(temporary, 'wx', OWNER_ONLY)
    try {
      await file.writeFile(`${secret}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(temporary, path)
    return secret
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function read(path: string): Promise<string> {
  const { mode } = await stat(path)
  if ((mode & ANYONE_ELSE) !== 0) await chmod(path, OWNER_ONLY)
  const secret = (await readFile(path, 'utf8')).trim()
  if (secret !== '') return secret
  throw new HoldallError('secret_unreadable', { path })
}
