/** Of a key, in UTF-8; S3 has no longer ones. */
const MAX_KEY_BYTES = 1_024

/** Between the paths of a storage and the keys of a bucket, of which it has those that begin with its prefix. */
export interface Keys {
  readonly prefix: string
  /** `undefined` for a path that no key can stand for. */
  of(path: string): string | undefined
  /** `undefined` for a key that is none of ours, or that no path can stand for. */
  pathOf(key: string): string | undefined
}

export function createKeys(prefix: string): Keys {
  function of(path: string): string | undefined {
    const key = prefix + path
    return isPath(path) && Buffer.byteLength(key) <= MAX_KEY_BYTES ? key : undefined
  }
  return {
    prefix,
    of,
    pathOf(key) {
      const path = key.startsWith(prefix) ? key.slice(prefix.length) : ''
      return of(path) === undefined ? undefined : path
    },
  }
}

/** Addresses lose a part that is empty, `.` or `..`, so that such a key could not be asked for. */
function isPath(path: string): boolean {
  return (
    path.isWellFormed() &&
    !path.includes('\0') &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  )
}
