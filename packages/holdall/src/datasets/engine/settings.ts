import { availableParallelism } from 'node:os'

const MAX_THREADS = 8

/** What a process is told when it starts, through its environment. */
export interface EngineSettings {
  readonly memoryBytes: number
  readonly threads: number
  /** However much is asked, the server itself comes first. */
  readonly niceness: number
}

const NICENESS = 5
/** Of what nobody waits for. */
const BACKGROUND_NICENESS = 15

export function engineEnvironment(
  memoryBytes: number,
  { isBackground = false }: { readonly isBackground?: boolean } = {},
): Record<string, string> {
  return {
    HOLDALL_ENGINE_MEMORY: String(memoryBytes),
    HOLDALL_ENGINE_THREADS: String(isBackground ? 1 : Math.min(availableParallelism(), MAX_THREADS)),
    HOLDALL_ENGINE_NICENESS: String(isBackground ? BACKGROUND_NICENESS : NICENESS),
    // An arena for each thread would multiply what the allocator keeps.
    MALLOC_ARENA_MAX: '2',
    TZ: 'UTC',
  }
}

export function engineSettings(environment: NodeJS.ProcessEnv): EngineSettings {
  return {
    memoryBytes: Number(environment.HOLDALL_ENGINE_MEMORY),
    threads: Number(environment.HOLDALL_ENGINE_THREADS),
    niceness: Number(environment.HOLDALL_ENGINE_NICENESS ?? NICENESS),
  }
}
