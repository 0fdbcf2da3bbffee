import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeBucket } from '../test/support/ceph.ts'
import { startHoldall } from '../test/support/holdall.ts'
import { watchMemory } from './support/memory.ts'
import type { Row } from './support/table.ts'

const COMMAND = fileURLToPath(new URL('../packages/holdall/bin/holdall.js', import.meta.url))
const LISTER = fileURLToPath(new URL('support/list-alone.ts', import.meta.url))
const ENTERER = fileURLToPath(new URL('support/enter-alone.ts', import.meta.url))
const FILES_IN_FOLDER = 1_000
const PUTS_AT_ONCE = 16
const MEGABYTE = 1024 * 1024
/** Above a process that only lists; the cache of the database is in it. */
const MAX_MORE_MEMORY = 100 * MEGABYTE

/** P9: a sync of a folder tree, the first time and when nothing has changed, beside a process that only lists it. */
export async function benchSync(files: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-bench-sync-'))
  try {
    const root = join(folder, 'tree')
    makeTree(root, files)
    return await syncedBesideListed(`${files.toLocaleString('en')} files`, folder, 'filesystem', { root })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The same of a bucket that holds so many objects. */
export async function benchBucketSync(keys: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-bench-sync-'))
  const bucket = await makeBucket('sync')
  try {
    const names = Array.from({ length: keys }, (_, n) => nameOf(n)).values()
    const putAll = async () => {
      for (const name of names) await bucket.put(name, name)
    }
    await Promise.all(Array.from({ length: PUTS_AT_ONCE }, putAll))
    return await syncedBesideListed(`${keys.toLocaleString('en')} objects`, folder, 's3', bucket.config)
  } finally {
    await bucket.remove()
    rmSync(folder, { recursive: true })
  }
}

async function syncedBesideListed(what: string, folder: string, storage: string, config: object): Promise<Row[]> {
  const file = join(folder, 'holdall.json')
  writeFileSync(file, JSON.stringify({ sources: { media: { storage, sync: 'manual', config } } }))
  const data = join(folder, 'data')
  const empty = join(folder, 'empty')
  for (const made of [data, empty]) await (await startHoldall({ data: made, config: file })).stop()
  const list = [LISTER, storage, JSON.stringify(config)]
  const sync = [COMMAND, 'sync', 'media', '--data', data, '-c', file]
  // Whoever is asked knows what there is from then on, whoever asks.
  await measure(list)
  const before = await measure(list)
  const first = await measure(sync)
  const between = await measure(list)
  const again = await measure(sync)
  const after = await measure(list)
  const entered = await measure([ENTERER, join(data, 'internal.db'), join(empty, 'internal.db')])
  return [
    row(what, 'the first time', first, mean(before, between), 2),
    enteredRow(what, first, entered),
    row(what, 'nothing has changed', again, mean(between, after), 1.3),
    memoryRow(what, Math.max(first.bytes, again.bytes), before.bytes),
  ]
}

interface Measured {
  readonly seconds: number
  /** The highest resident memory. */
  readonly bytes: number
}

async function measure(args: readonly string[]): Promise<Measured> {
  const began = performance.now()
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const memory = watchMemory(child.pid as number)
  const [code] = await once(child, 'close')
  const bytes = memory.stop()
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
  // The lister says itself how long it took: loading it is no part of the limit. Ours is all of the command.
  return { seconds: Number(printed) || (performance.now() - began) / 1_000, bytes }
}

/** Files with a size and no bytes: what is listed is the same, and a million fit on any disk. */
function makeTree(root: string, files: number): void {
  for (let n = 0; n < files; n += 1) {
    const path = join(root, nameOf(n))
    if (n % FILES_IN_FOLDER === 0) mkdirSync(dirname(path), { recursive: true })
    const file = openSync(path, 'w')
    ftruncateSync(file, (n * 7_919) % 1_000_000)
    closeSync(file)
  }
}

function nameOf(n: number): string {
  const folder = String(Math.floor(n / FILES_IN_FOLDER)).padStart(5, '0')
  return `folder ${folder}/IMG_${String(n).padStart(7, '0')} copy.jpg`
}

function mean(one: Measured, other: Measured): number {
  return (one.seconds + other.seconds) / 2
}

function row(what: string, when: string, ours: Measured, limit: number, target: number): Row {
  const ratio = ours.seconds / limit
  return {
    what: `P9 sync of ${what}, ${when}`,
    ours: `${ours.seconds.toFixed(1)} s`,
    peer: `${limit.toFixed(1)} s listing alone`,
    ratio: ratio.toFixed(2),
    target: `≤ ${target}`,
    met: ratio <= target,
  }
}

/** What SQLite takes for the same rows in the same schema, beside the whole of a sync: listing and comparing are in it. */
function enteredRow(what: string, ours: Measured, entered: Measured): Row {
  return {
    what: `P9 sync of ${what}, the first time`,
    ours: `${ours.seconds.toFixed(1)} s`,
    peer: `${entered.seconds.toFixed(1)} s entering the same rows by INSERT alone`,
    ratio: (ours.seconds / entered.seconds).toFixed(2),
    target: 'none',
    met: true,
  }
}

function memoryRow(what: string, ours: number, listing: number): Row {
  const more = ours - listing
  return {
    what: `P9 memory of a sync of ${what}`,
    ours: `${(ours / MEGABYTE).toFixed(0)} MiB`,
    peer: `${(listing / MEGABYTE).toFixed(0)} MiB listing alone`,
    ratio: `${(more / MEGABYTE).toFixed(0)} MiB more`,
    target: `≤ ${MAX_MORE_MEMORY / MEGABYTE} MiB more`,
    met: more <= MAX_MORE_MEMORY,
  }
}
