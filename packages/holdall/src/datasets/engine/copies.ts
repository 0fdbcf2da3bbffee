import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from '../../sources/process.ts'
import { HoldallError } from '../../web/error.ts'
import { download, TEMPORARY } from './download.ts'
import { type LocalObject, localObjectOf, type RemoteObject } from './local-object.ts'

const MIB = 1024 * 1024

/** The folder of copies: which there are, how large they are together, and which were used last. */
export interface Copies {
  open(object: RemoteObject, signal?: AbortSignal): Promise<LocalObject>
  close(): Promise<void>
}

interface Copy {
  readonly bytes: number
  /** How many use it now; such a one stays. */
  users: number
}

interface Coming {
  readonly done: Promise<void>
  readonly stop: AbortController
  waiting: number
}

export function openCopies(folder: string, maxBytes: number): Copies {
  /** Those that were used last come last. */
  const copies = new Map<string, Copy>()
  const coming = new Map<string, Coming>()
  const found = findCopies(folder).then((entries) => {
    for (const [name, bytes] of entries) copies.set(name, { bytes, users: 0 })
  })
  found.catch(() => {})
  let closed = false

  function taken(): number {
    return [...copies.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  }

  async function bring(name: string, object: RemoteObject, signal: AbortSignal): Promise<void> {
    if (object.size > maxBytes) throw tooLarge(object.size)
    // Counted before anything is waited for, so that two that come together do not take the same room.
    const copy: Copy = { bytes: object.size, users: 0 }
    copies.set(name, copy)
    try {
      for (const other of copies.keys()) if (taken() > maxBytes) await removeUnused(other)
      if (taken() > maxBytes) throw new HoldallError('query_busy', {}, { headers: { 'Retry-After': '5' } })
      await download(object, folder, name, signal)
    } catch (error) {
      if (copies.get(name) === copy) copies.delete(name)
      throw error
    }
  }

  async function removeUnused(name: string): Promise<void> {
    if (coming.has(name) || copies.get(name)?.users !== 0) return
    copies.delete(name)
    await rm(join(folder, name), { force: true })
  }

  function tooLarge(bytes: number): HoldallError {
    const [size, most] = [bytes, maxBytes].map((value) => Math.ceil(value / MIB))
    return new HoldallError('query_limit', {
      reason: `a file of it has ${size} MiB, and copies of files that lie elsewhere may have ${most} MiB here together`,
    })
  }

  /** Whoever asks meanwhile waits for the same copy; it is given up when nobody waits any more. */
  async function come(name: string, object: RemoteObject, signal?: AbortSignal): Promise<void> {
    let entry = coming.get(name)
    if (entry === undefined) {
      const stop = new AbortController()
      const done = bring(name, object, stop.signal)
      const started: Coming = { done, stop, waiting: 0 }
      done.catch(() => {}).finally(() => forget(name, started))
      entry = started
      coming.set(name, entry)
    }
    const gone = Promise.withResolvers<never>()
    gone.promise.catch(() => {})
    const onAbort = () => gone.reject(signal?.reason)
    signal?.addEventListener('abort', onAbort)
    entry.waiting++
    try {
      await Promise.race([entry.done, gone.promise])
    } finally {
      signal?.removeEventListener('abort', onAbort)
      entry.waiting--
      if (entry.waiting === 0) {
        // Whoever asks from now on begins anew.
        forget(name, entry)
        entry.stop.abort(signal?.reason)
      }
    }
  }

  function forget(name: string, entry: Coming): void {
    if (coming.get(name) === entry) coming.delete(name)
  }

  /** `undefined` when it is not there, or not whole. */
  async function existing(name: string, { size }: RemoteObject): Promise<FileHandle | undefined> {
    const handle = await open(join(folder, name), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (handle === undefined) return undefined
    const { size: actual, mtime } = await handle.stat()
    if (actual === size) {
      await handle.utimes(new Date(), mtime).catch(() => {})
      return handle
    }
    await handle.close()
    return undefined
  }

  async function use(name: string, object: RemoteObject): Promise<LocalObject | undefined> {
    const copy = copies.get(name) ?? { bytes: object.size, users: 0 }
    // Before anything is waited for: what is used is not removed.
    copy.users++
    let isUsed = false
    try {
      const handle = await existing(name, object)
      if (handle === undefined) return undefined
      copies.delete(name)
      copies.set(name, copy)
      isUsed = true
      return localObjectOf(handle, join(folder, name), () => {
        copy.users--
      })
    } finally {
      if (!isUsed) copy.users--
    }
  }

  return {
    async open(object, signal) {
      await found
      const name = nameOf(object)
      for (;;) {
        signal?.throwIfAborted()
        if (closed) throw new HoldallError('unavailable', { reason: 'The server is stopping' })
        const used = coming.has(name) ? undefined : await use(name, object)
        if (used !== undefined) return used
        if (!coming.has(name)) copies.delete(name)
        await come(name, object, signal)
      }
    },
    async close() {
      closed = true
      const ends = [...coming.values()].map(({ stop, done }) => {
        stop.abort(new HoldallError('unavailable', { reason: 'The server is stopping' }))
        return done.catch(() => {})
      })
      await Promise.all([found.catch(() => {}), ...ends])
    },
  }
}

/** Another state of an object is another copy. */
function nameOf({ sourceId, path, size, etag }: RemoteObject): string {
  return createHash('sha256')
    .update(JSON.stringify([sourceId, path, size, etag]))
    .digest('hex')
}

const NAME = /^[0-9a-f]{64}$/

/** The copies that are there, those that were used last at the end. What somebody has begun who is no more is removed. */
async function findCopies(folder: string): Promise<(readonly [name: string, bytes: number])[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const entries: { name: string; bytes: number; used: number }[] = []
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (NAME.test(name)) {
      const { size, atimeMs } = await stat(path)
      entries.push({ name, bytes: size, used: atimeMs })
    } else if (name.endsWith(TEMPORARY) && isAlive(name.split('.')[0] as string) === false) {
      await rm(path, { force: true })
    }
  }
  entries.sort((a, b) => a.used - b.used)
  return entries.map(({ name, bytes }) => [name, bytes])
}
