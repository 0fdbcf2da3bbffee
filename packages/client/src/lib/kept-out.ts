import { UploadError } from './error.ts'
import type { ServerTarget } from './types.ts'

/** Milliseconds. */
const LOOK_TIMEOUT = 10_000

/**
 * Why nothing could be sent to another origin that answers all the same: it has no rule (CORS) that lets this page. Of
 * that a browser tells a page no more than of a broken line.
 *
 * @param target what is sent to, to say what is to be asked about
 * @returns `undefined` where that is not the reason
 */
export async function keptOut(url: string, target: ServerTarget): Promise<UploadError | undefined> {
  const page = globalThis.location?.origin
  const { origin, host } = new URL(url, page)
  if (page === undefined || origin === page) return undefined
  try {
    // Without being let one learns only that there was an answer.
    await fetch(origin, { mode: 'no-cors', cache: 'no-store', signal: AbortSignal.timeout(LOOK_TIMEOUT) })
  } catch {
    return undefined
  }
  const command = ['holdall doctor', ...('source' in target ? [String(target.source)] : []), `--origin ${page}`]
  return new UploadError(
    'storage_keeps_out',
    `The storage at ${host} takes nothing from pages of ${page}: its bucket has no CORS rule for them. Whoever runs the server finds the rule with: ${command.join(' ')}`,
  )
}
