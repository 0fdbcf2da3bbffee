import { availableParallelism } from 'node:os'

const MAX_THREADS = 8

/** What a process is told when it starts, through its environment. */
export interface EngineSettings {
  readonly memoryBytes: number
  readonly threads: number
}

export function engineEnvironment(memoryBytes: number): Record<string, string> {
  return {
    HOLDALL_ENGINE_MEMORY: String(memoryBytes),
    HOLDALL_ENGINE_THREADS: String(Math.min(availableParallelism(), MAX_THREADS)),
    // An arena for each thread would multiply what the allocator keeps.
    MALLOC_ARENA_MAX: '2',
    TZ: 'UTC',
  }
}

export function engineSettings(environment: NodeJS.ProcessEnv): EngineSettings {
  return {
    memoryBytes: Number(environment.HOLDALL_ENGINE_MEMORY),
    threads: Number(environment.HOLDALL_ENGINE_THREADS),
  }
}
