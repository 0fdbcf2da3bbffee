import { UploadError } from './error.ts'
import { base64, createHash, hex } from './hash.ts'
import type { Progress } from './progress.ts'
import type { Reader } from './reader.ts'
import type { Checksum, HeldPart, PartsPlan, Sessions } from './sessions.ts'
import { partsPlan } from './sessions.ts'
import type { UploadSource } from './types.ts'

/** Earlier uploads of the same name and size that are looked at; most differ in their first part already. */
const MOST_TRIED = 20
const AT_ONCE = 4
/** Bytes that are read and hashed at a time. */
const PIECE = 1024 * 1024
const MD5 = /^[0-9a-f]{32}$/i

export interface Resumed {
  readonly plan: PartsPlan
  /** Parts that storage has, and whose bytes are this file's. */
  readonly held: ReadonlyMap<number, HeldPart>
}

/** Uploads of this page or process that run now: two files of one name and size must not share one. */
const running = new Set<string>()

/** @returns what ends the claim; `undefined` when another upload has it */
export function claim(sessionUrl: string): (() => void) | undefined {
  if (running.has(sessionUrl)) return undefined
  running.add(sessionUrl)
  return () => running.delete(sessionUrl)
}

/**
 * The newest earlier upload of this very file, proved by its bytes: what storage holds of it was hashed there, and the
 * same ranges of this file hash to the same. One part that differs, or nothing that can be compared, and it is not ours.
 */
export async function findEarlier(
  file: UploadSource,
  reader: Reader,
  sessions: Sessions,
  progress: Progress,
  signal: AbortSignal,
): Promise<(Resumed & { readonly release: () => void }) | undefined> {
  const open = await sessions.open(file.name, file.size)
  for (const session of open
    .filter((one) => one.filename === file.name && one.total_size === file.size)
    .slice(0, MOST_TRIED)) {
    const release = claim(session.session_url)
    if (release === undefined) continue
    let found: Resumed | undefined
    try {
      const plan = partsPlan({ ...session }, file.size)
      const parts = await sessions.parts(plan.sessionUrl)
      const { compared } = progress
      const { differs, equal } = await compareParts(parts, { plan, size: file.size, reader, signal, compared })
      // What could not be compared is sent again; but only into an upload that something has proved to be of this file.
      if (!differs && equal.size > 0) found = { plan, held: equal }
    } catch (error) {
      // It ended meanwhile; there may be another.
      if (!(error instanceof UploadError) || ![404, 409, 410].includes(error.status)) throw error
    } finally {
      if (found === undefined) release()
    }
    if (found !== undefined) return { ...found, release }
  }
  return undefined
}

/**
 * What storage holds of an upload that was stopped here: what it acknowledged, and what arrived while nobody listened any
 * more and proves to be this file's.
 */
export async function heldOf(
  plan: PartsPlan,
  acknowledged: ReadonlyMap<number, unknown>,
  { sessions, ...what }: Omit<Comparing, 'plan'> & { readonly sessions: Sessions },
): Promise<ReadonlyMap<number, HeldPart>> {
  const parts = await sessions.parts(plan.sessionUrl)
  const known = parts.filter(({ number }) => acknowledged.has(number))
  const unheard = parts.filter(({ number }) => !acknowledged.has(number))
  const { equal } = await compareParts(unheard, { plan, ...what })
  return new Map([...known.map((part) => [part.number, part] as const), ...equal])
}

export interface Comparing {
  readonly plan: PartsPlan
  /** bytes of the file */
  readonly size: number
  readonly reader: Reader
  readonly signal: AbortSignal
  readonly compared?: (bytes: number) => void
}

/** Hashes the ranges of this file that storage has hashed. `differs` ends it; what cannot be compared is in neither. */
export async function compareParts(
  parts: readonly HeldPart[],
  { plan, size, reader, signal, compared }: Comparing,
): Promise<{ readonly differs: boolean; readonly equal: ReadonlyMap<number, HeldPart> }> {
  const equal = new Map<number, HeldPart>()
  const waiting = parts.values()
  let bytes = 0
  let differs = false
  async function compare(): Promise<void> {
    const buffer = reader.buffer(Math.min(PIECE, plan.partSize))
    for (const part of waiting) {
      const { offset, length } = rangeOf(part.number, plan, size)
      const expected = proofOf(part, plan)
      if (length !== part.size || expected === undefined) continue
      const hash = createHash(expected.kind)
      for (let at = 0; at < length; at += PIECE) {
        if (differs) return
        signal.throwIfAborted()
        const piece = await reader.read(offset + at, Math.min(PIECE, length - at), buffer)
        hash.update(piece)
        bytes += piece.length
        compared?.(bytes)
      }
      const digest = hash.digest()
      if (expected.digest === (expected.hex ? hex(digest) : base64(digest))) equal.set(part.number, part)
      else differs = true
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, parts.length) }, compare))
  return { differs, equal }
}

interface Proof {
  readonly kind: Checksum
  readonly hex: boolean
  readonly digest: string
}

function proofOf({ checksum, etag }: HeldPart, plan: PartsPlan): Proof | undefined {
  if (checksum !== null && plan.checksum !== null) return { kind: plan.checksum, hex: false, digest: checksum }
  return MD5.test(etag) ? { kind: 'md5', hex: true, digest: etag.toLowerCase() } : undefined
}

/** Where a part lies in the file; nothing of it for a number that the plan does not have. */
export function rangeOf(
  number: number,
  { partSize, partCount }: PartsPlan,
  size: number,
): { offset: number; length: number } {
  if (number < 1 || number > partCount) return { offset: 0, length: 0 }
  const offset = (number - 1) * partSize
  return { offset, length: Math.min(partSize, size - offset) }
}
