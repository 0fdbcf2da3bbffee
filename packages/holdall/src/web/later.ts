import { type Html, html } from './html.ts'
import type { RouteContext } from './route.ts'

/** Stands in a page where a part comes later. What people write never looks like it, since it is escaped. */
export const LATER: Html = html`<!--later-->`

/**
 * Sends a page up to where `LATER` stands in it at once, and the rest when that part is there: with and without scripts,
 * what comes before it is shown meanwhile.
 *
 * @param part must not throw, since half of the page is sent by then; its signal ends when nobody waits any more
 */
export async function sendInTwo(
  c: RouteContext,
  page: Html | Promise<Html>,
  part: (signal: AbortSignal) => Promise<Html>,
): Promise<Response> {
  const [before, after = ''] = String(await page).split(String(LATER))
  const encoder = new TextEncoder()
  const left = new AbortController()
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(before)),
    async pull(controller) {
      const rest = String(await part(left.signal)) + after
      if (left.signal.aborted) return
      controller.enqueue(encoder.encode(rest))
      controller.close()
    },
    cancel: () => left.abort(),
  })
  return c.body(body, 200, { 'Content-Type': 'text/html; charset=UTF-8' })
}
