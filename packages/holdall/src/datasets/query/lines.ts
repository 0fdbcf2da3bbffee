import { asHoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import type { RouteContext } from '../../web/route.ts'
import type { Progress } from '../engine/engine.ts'

const LINES_TYPE = 'application/x-ndjson'
/** So often a line says that it goes on: whoever is between us and the client sees that somebody is there. */
const REPEAT_MS = 1_000

/** What is asked while somebody follows it. */
export interface Followed {
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/** Whether the client wants to be told how far it is. */
export function wantsLines(c: RouteContext): boolean {
  return (c.req.header('Accept') ?? '').includes(LINES_TYPE)
}

/**
 * An answer that is followed while it comes about: a line of JSON whenever something is known, and the answer, or the
 * refusal, in the last one. The status of the response is 200 either way.
 *
 * @param work gives what stands in the last line
 */
export function answerInLines(
  c: RouteContext,
  log: Log,
  work: (followed: Followed) => Promise<Readonly<Record<string, unknown>>>,
): Response {
  const left = new AbortController()
  const signal = AbortSignal.any([left.signal, c.req.raw.signal])
  const started = performance.now()
  let repeating: NodeJS.Timeout | undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      let now: { readonly state: string; readonly percentage: number | null } = { state: 'waiting', percentage: null }
      const write = (line: object) => {
        if (!signal.aborted) controller.enqueue(Buffer.from(`${JSON.stringify(line)}\n`))
      }
      const say = () => write({ ...now, elapsed_ms: Math.round(performance.now() - started) })
      const onProgress = ({ percentage }: Progress) => {
        now = { state: 'running', percentage }
        say()
      }
      say()
      repeating = setInterval(say, REPEAT_MS)
      work({ signal, onProgress })
        .then((last) => write({ state: 'done', ...last }))
        .catch((thrown: unknown) => {
          const error = asHoldallError(thrown)
          if (error.status >= 500 && !signal.aborted) log.error('query failed', { code: error.code, error: thrown })
          write({ state: 'failed', ...error.toBody() })
        })
        .finally(() => {
          clearInterval(repeating)
          if (!signal.aborted) controller.close()
          else controller.error(signal.reason)
        })
    },
    cancel() {
      clearInterval(repeating)
      left.abort(new DOMException('The client has gone', 'AbortError'))
    },
  })
  return new Response(body, {
    headers: {
      'Content-Type': `${LINES_TYPE}; charset=utf-8`,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      // A proxy that collects lines before it passes them on would make them useless.
      'X-Accel-Buffering': 'no',
    },
  })
}
