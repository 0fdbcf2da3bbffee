import { ulid } from 'ulid'
import { storagePath } from '../../sources/paths.ts'
import type { Target } from '../../sources/preflight.ts'
import type { Storage } from '../../sources/storage.ts'

const REMOVE_LIMIT_MS = 20_000

/** What an examination makes in a storage. Its paths are those of uploads, so that `holdall gc` knows what was left. */
export interface Probes {
  /** A path of this examination's own. */
  path(name: string): string
  made(path: string): void
  gone(path: string): void
  /** It was tried to remove it, and it stays. */
  leave(path: string): void
  /** Where a client was told to send. */
  target(target: Target): void
  readonly targets: readonly Target[]
  /** Removes what was made. @returns what is left */
  clear(): Promise<string[]>
}

export function createProbes(storage: Storage): Probes {
  const id = `df-${ulid().toLowerCase()}`
  const made = new Set<string>()
  const targets: Target[] = []
  return {
    path: (name) => storagePath(id, `holdall-doctor-${name}.bin`),
    made: (path) => void made.add(path),
    gone: (path) => void made.delete(path),
    leave: (path) => void made.delete(path),
    target: (target) => void targets.push(target),
    targets,
    async clear() {
      const left: string[] = []
      for (const path of made) {
        try {
          await storage.delete?.(path, { signal: AbortSignal.timeout(REMOVE_LIMIT_MS) })
        } catch {
          left.push(path)
        }
      }
      return left
    },
  }
}
