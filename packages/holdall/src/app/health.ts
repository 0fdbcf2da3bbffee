import { sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Route } from '../web/route.ts'
import { SERVER_API } from './api.ts'

/** How long one part may take to answer. */
export const PROBE_LIMIT_MS = 2_000

/** One thing that the server needs: resolves when it answers, throws the reason when it does not. */
export interface HealthProbe {
  readonly name: string
  check(signal: AbortSignal): Promise<void>
}

/** `GET /-/health`: 200 when the internal database and every active source answer, else 503 that says which do not. */
export function healthRoute(database: InternalDatabase, sources: () => readonly HealthProbe[]): Route {
  const internal: HealthProbe = {
    name: 'database',
    check: async () => {
      await sql`SELECT 1`.execute(database.read)
    },
  }
  return {
    method: 'GET',
    path: '/-/health',
    json: true,
    api: SERVER_API.health,
    need: { kind: 'public', because: 'load balancers ask; it names sources that fail and nothing else' },
    async handler(c) {
      const probes = [internal, ...sources()]
      const failures = (await Promise.all(probes.map(probe))).filter((failure) => failure !== undefined)
      const ok = failures.length === 0
      return c.json({ ok, failing: failures }, ok ? 200 : 503)
    },
  }
}

async function probe({ name, check }: HealthProbe): Promise<string | undefined> {
  const limit = AbortSignal.timeout(PROBE_LIMIT_MS)
  const late = new Promise<never>((_, reject) => limit.addEventListener('abort', () => reject(limit.reason)))
  try {
    await Promise.race([check(limit), late])
    return undefined
  } catch {
    return name
  }
}
