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
