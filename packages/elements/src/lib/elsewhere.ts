import type { UploadTarget } from '@holdall/client'

/** Where uploads go, as the pages of this browser call it. */
export type UploadPlace = Pick<UploadTarget, 'baseUrl' | 'source'>

/** What two pages of this browser must agree on to know the same upload. */
export interface Sent {
  readonly name: string
  /** bytes */
  readonly size: number
}

/** Locks that this page gives back just now: a browser takes a moment for it. */
const leaving = new Set<Promise<unknown>>()

/** Says to the pages of this browser that a file is being sent; ends with the page. Returns what takes it back. */
export function sayBeingSent(target: UploadPlace, file: Sent): () => void {
  remember(nameOf(target, file))
  const ended = Promise.withResolvers<void>()
  // Shared: nobody waits for it, it is only looked at. Browsers have it for pages that came safely.
  const held = navigator.locks?.request(nameOf(target, file), { mode: 'shared' }, () => ended.promise)
  const left = held?.catch(() => undefined).finally(() => leaving.delete(left))
  return () => {
    if (left) leaving.add(left)
    ended.resolve()
  }
}

/** Tells which files some page of this browser sends just now. */
export async function beingSent(target: UploadPlace): Promise<(file: Sent) => boolean> {
  await Promise.all(leaving)
  const { held = [] } = (await navigator.locks?.query()) ?? {}
  const names = new Set(held.map(({ name }) => name))
  return (file) => names.has(nameOf(target, file))
}

/** Whether this tab has sent the file, before a reload as well: once no page does so, nobody else needs to be. */
export function wasSentHere(target: UploadPlace, file: Sent): boolean {
  return remembered().includes(nameOf(target, file))
}

/** Of so many the tab remembers it. */
const MOST_REMEMBERED = 50
const REMEMBERED = 'holdall-uploads-sent'

function remember(name: string): void {
  try {
    const names = [...remembered().filter((one) => one !== name), name].slice(-MOST_REMEMBERED)
    sessionStorage.setItem(REMEMBERED, JSON.stringify(names))
  } catch {
    // A browser that keeps nothing has us ask once more.
  }
}

function remembered(): string[] {
  try {
    const names: unknown = JSON.parse(sessionStorage.getItem(REMEMBERED) ?? '[]')
    return Array.isArray(names) ? names.map(String) : []
  } catch {
    return []
  }
}

function nameOf({ baseUrl, source }: UploadPlace, { name, size }: Sent): string {
  return `holdall-upload ${JSON.stringify([baseUrl, source, size, name])}`
}
