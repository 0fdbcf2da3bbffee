import { open } from 'node:fs/promises'
import { HoldallError } from '../../web/error.ts'

/** Told the name of each call that changes the file system, just before it is made; a test ends the process there. */
export type BeforeIo = (call: string) => void

export const unwatched: BeforeIo = () => {}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}

/** What the file system says of a path that may not be looked at: there may be something or not. */
export function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(codeOf(error) ?? '')
}

/** What the file system says of a path that can have nothing at it. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ERR_INVALID_ARG_VALUE'].includes(codeOf(error) ?? '')
}

export async function flushFolder(directory: string): Promise<void> {
  // Windows cannot open a folder; its file systems keep their own journal of names.
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function ignoreAbsent(error: unknown): void {
  if (!isAbsent(error)) throw error
}

/** What a person is told of what the file system says to a write. */
export function explain(error: unknown): unknown {
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new HoldallError('storage_full', {}, { cause: error })
    case 'ENAMETOOLONG':
      return new HoldallError('storage_path_invalid', { reason: 'a part of it is too long' }, { cause: error })
    case 'EISDIR':
    case 'ENOTDIR':
    case 'ENOTEMPTY':
      return new HoldallError(
        'storage_path_invalid',
        { reason: 'a file and a folder would need one name' },
        { cause: error },
      )
    default:
      return error
  }
}
