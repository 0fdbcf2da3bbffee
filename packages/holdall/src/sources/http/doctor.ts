import { formatCount } from '../../web/format.ts'
import { allowingLines, privateHost } from '../../web/outgoing/guard.ts'
import type { Finding, StorageDoctor } from '../examination.ts'
import type { Fetch } from './ask.ts'
import type { Catalog, RemoteFile } from './catalog.ts'
import { factsOf } from './facts.ts'

/** So many are asked for; with more, they are not all looked at. */
const MAX_ASKED = 20
const CHECK = 'addresses'

/** Whether the first of the files can be had where they are said to be. */
export function createDoctor(catalog: Catalog, fetch: Fetch): StorageDoctor {
  return {
    async *examine({ signal }) {
      const files = (await catalog.all(true, signal)).slice(0, MAX_ASKED)
      const findings = await Promise.all(files.map((file) => findingOf(file, fetch, signal)))
      const failed = findings.filter((finding) => finding !== undefined)
      const last = failed.pop()
      yield* failed
      if (last !== undefined) yield { ...last, ...(failed.length + 1 === files.length && { isFatal: true }) }
      else yield { check: CHECK, status: 'ok', says: `${formatCount(files.length, 'file')} asked for, all there.` }
    },
    remedy: async (trouble) => ('error' in trouble ? refusalRemedy(trouble.error) : undefined),
  }
}

async function findingOf({ url }: RemoteFile, fetch: Fetch, signal: AbortSignal): Promise<Finding | undefined> {
  const open = `Open it in a browser, and correct or take out what the source says of it:\n${url}`
  try {
    if ((await factsOf(fetch, url, signal)) !== undefined) return undefined
    return { check: CHECK, status: 'failed', says: `Nothing is at ${url}.`, fix: open }
  } catch (error) {
    signal.throwIfAborted()
    const says = error instanceof Error ? error.message : String(error)
    return { check: CHECK, status: 'failed', says, fix: open, ...refusalRemedy(error) }
  }
}

function refusalRemedy(error: unknown): { fix: string } | undefined {
  const host = privateHost(error)
  if (host === undefined) return undefined
  return { fix: `If this server may ask ${host}, say so in the configuration file:\n${allowingLines([host])}` }
}
