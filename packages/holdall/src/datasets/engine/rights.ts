/** Who queries run as where the server is the superuser, for whom a file's mode is nothing: "nobody", on every Linux. */
const NOBODY = 65_534

export type Rights =
  /** The process is not the superuser's: it goes on as it is. */
  | 'own'
  /** It was, and has become nobody. */
  | 'given-up'
  /** It is, and the system does not let it become somebody else. */
  | 'kept'

export function isSuperuser(): boolean {
  return process.getuid?.() === 0
}

/** For good: what runs afterwards in this process can open nothing but what everybody may read. */
export function giveUpRights(): Rights {
  if (!isSuperuser()) return 'own'
  try {
    process.setgroups?.([])
    process.setgid?.(NOBODY)
    process.setuid?.(NOBODY)
    return 'given-up'
  } catch {
    return 'kept'
  }
}
