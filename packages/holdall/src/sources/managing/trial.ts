import { isSystemFile } from '@holdall/elements/shared'
import { HoldallError } from '../../web/error.ts'
import { privateHost } from '../../web/outgoing/guard.ts'
import { PROBE_LIMIT_MS, reasonOf, within } from '../connection.ts'
import type { DeclaredSource } from '../declared.ts'
import { type MakingContext, makeStorage } from '../making.ts'
import { withSecrets } from '../secrets.ts'
import type { Storage, StoredFile } from '../storage.ts'
import { lookForPages, type PagesTrouble } from './pages-check.ts'
import { invalid } from './wanted.ts'

/** Asked for to see whether the storage answers at all. */
const TRIAL_PATH = 'holdall-probe'
/** Files that are named to show that it is the right place. */
const SHOWN_FILES = 5
/** Files that are looked at for them: what systems keep for themselves is not shown, as it is not listed. */
const LOOKED_AT = 50
const LIST_LIMIT_MS = 5_000

/** What was found when a source was tried. */
export interface Trial {
  /** The first files; `undefined` where they cannot be listed. */
  readonly files: readonly StoredFile[] | undefined
  readonly hasMore: boolean
  /** Whether files can be uploaded there. */
  readonly takesUploads: boolean
  /** What keeps pages from sending files there themselves. */
  readonly pages?: PagesTrouble
}

/**
 * Makes the storage, asks it something and closes it. Nothing in it is changed.
 *
 * @param origin where the pages come from that would send files there; without it, that is not looked at
 * @throws HoldallError `source_invalid` with the reason beside the field that it is about
 */
export async function tryOut(declared: DeclaredSource, context: MakingContext, origin?: string): Promise<Trial> {
  let storage: Storage | undefined
  const making = makeStorage(declared, { ...context, readOnly: true })
  // One that comes too late is of no use to anybody.
  let isLate = false
  making.then(
    async (made) => {
      if (isLate) await made.close?.()
    },
    () => undefined,
  )
  try {
    storage = await within(PROBE_LIMIT_MS, async (signal) => {
      const made = await making
      await made.stat(TRIAL_PATH, { signal })
      return made
    })
    const made = storage
    const page =
      made.list && (await within(LIST_LIMIT_MS, async (signal) => await made.list?.({ limit: LOOKED_AT, signal })))
    const files = page?.files.filter(({ path }) => declared.source.keepSystemFiles || !isSystemFile(path))
    const pages = origin === undefined ? undefined : await lookForPages(made, origin, context.fetch)
    return {
      files: files?.slice(0, SHOWN_FILES),
      hasMore: page?.next != null || (files?.length ?? 0) > SHOWN_FILES,
      takesUploads: made.write !== undefined,
      ...(pages && { pages }),
    }
  } catch (error) {
    throw refusalOf(declared, error)
  } finally {
    isLate = storage === undefined
    await storage?.close?.()
  }
}

function refusalOf({ source, type }: DeclaredSource, error: unknown): HoldallError {
  const reason = error instanceof HoldallError ? error.message : reasonOf(error)
  const config = type.config.safeParse(withSecrets(source.config, (name) => name)).data
  const key = type.adopting?.blame?.(error, config)
  const message = `It cannot be used: ${reason.replace(/\.$/, '')}.`
  const host = privateHost(error)
  const values = host === undefined ? {} : { privateHost: host }
  return invalid(new Map([[key === undefined ? 'storage' : `config.${key}`, message]]), values, error)
}
