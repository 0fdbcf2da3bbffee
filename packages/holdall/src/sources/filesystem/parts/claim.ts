import { randomBytes } from 'node:crypto'
import { open, readdir, stat, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { HoldallError } from '../../../web/error.ts'
import { isAlive, THIS_PROCESS } from '../../process.ts'
import { type BeforeIo, codeOf, isAbsent } from '../io.ts'

/** What a claim is for: one part, or the whole upload, beside which nobody may write. */
export type Claimed = number | 'whole'

/** A claim of a process that we cannot know (in another container) stands while it is touched. */
export const STRANGERS_CLAIM_MS = 60_000
const TOUCH_EVERY_MS = 10_000
/** Who could not touch his claim for so long (stopped, suspended) may have lost it. */
const TOUCHED_WITHIN_MS = 30_000

const RETRY_AFTER_SECONDS = '1'

export interface Claim {
  /** To be asked before each write. Throws when somebody else may be writing by now. */
  assertHeld(): void
  /** Throws `multipart_gone` when the folder has been removed or completed meanwhile. */
  release(): Promise<void>
}

/**
 * A file in the upload's folder that says who writes what. Each process makes its own first and looks for others
 * afterwards: of two at one moment at least one sees the other, so that never both write. Dead ones do not count, and
 * since their names are like no others, removing one can never hit a living one.
 *
 * Throws `part_in_progress` when somebody else is writing, `ENOENT` when there is no such folder.
 */
export async function claim(directory: string, claimed: Claimed, before: BeforeIo): Promise<Claim> {
  const own = nameOf(claimed)
  const path = join(directory, own)
  before('claim')
  await (await open(path, 'wx', 0o644)).close()
  let touchedAt = performance.now()
  try {
    for (const name of await readdir(directory)) {
      if (name === own || !excludes(name, claimed)) continue
      if (await isHeld(directory, name)) throw inProgress()
      before('remove dead claim')
      await unlink(join(directory, name)).catch(ignoreGone)
    }
  } catch (error) {
    await unlink(path).catch(() => {})
    throw error
  }
  const touching = setInterval(() => {
    const at = performance.now()
    utimes(path, new Date(), new Date()).then(
      () => {
        touchedAt = at
      },
      // What is not touched is given up by itself.
      () => {},
    )
  }, TOUCH_EVERY_MS).unref()
  return {
    assertHeld() {
      if (performance.now() - touchedAt > TOUCHED_WITHIN_MS) throw inProgress()
    },
    async release() {
      clearInterval(touching)
      before('release')
      try {
        await unlink(path)
      } catch (error) {
        if (isAbsent(error)) throw new HoldallError('multipart_gone', {}, { cause: error })
        throw error
      }
    },
  }
}

export function inProgress(): HoldallError {
  return new HoldallError('part_in_progress', {}, { headers: { 'Retry-After': RETRY_AFTER_SECONDS } })
}

function nameOf(claimed: Claimed): string {
  return `claim.${claimed}.${THIS_PROCESS}.${randomBytes(6).toString('hex')}`
}

/** Whether this is the name of a claim beside which the claimed may not be had. */
function excludes(name: string, claimed: Claimed): boolean {
  const [kind, other] = name.split('.')
  return kind === 'claim' && (claimed === 'whole' || other === 'whole' || other === String(claimed))
}

async function isHeld(directory: string, name: string): Promise<boolean> {
  const alive = isAlive(name.split('.')[2] ?? '')
  if (alive !== undefined) return alive
  try {
    return (await stat(join(directory, name))).mtimeMs > Date.now() - STRANGERS_CLAIM_MS
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

function ignoreGone(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error
}
