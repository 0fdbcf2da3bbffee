import type { Html } from '../../web/html.ts'
import type { RouteContext } from '../../web/route.ts'

/** A page as an answer. Its bytes are made here, once: in a text, `Response` would look at every character first. */
export async function answerPage(c: RouteContext, page: Html | Promise<Html>, status = 200): Promise<Response> {
  const bytes = new Uint8Array(Buffer.from(String(await page)))
  return c.body(bytes, status as 200, { 'Content-Type': 'text/html; charset=UTF-8' })
}
