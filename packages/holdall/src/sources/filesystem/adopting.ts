import { constants } from 'node:fs'
import { access, mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Adopting, AdoptingOptions, Objection } from '../adopting.ts'
import { isAbsent, isForbidden } from './io.ts'

/** Bytes that a file system takes for one name. */
const LONGEST_NAME = 255

interface Folder {
  readonly root: string
  readonly read_only?: boolean | undefined
}

/** What a person may name as a folder: a whole path, that is there or may be made, and none of the server's own. */
export const adoptingFolder: Adopting<Folder> = {
  async objections(config, options) {
    const message = await objection(config, options)
    if (message === undefined) return []
    return [typeof message === 'string' ? { key: 'root', message } : message]
  },
  async prepare({ root, read_only: readOnly }) {
    if (!readOnly) await mkdir(root, { recursive: true })
  },
  blame: () => 'root',
  place: ({ root }) => real(resolve(root)),
  lies(other, place) {
    if (other === place) return 'same'
    return holds(place, other) ? 'inside' : holds(other, place) ? 'around' : undefined
  },
}

async function objection(
  { root, read_only: readOnly = false }: Folder,
  { reserved, mayMake }: AdoptingOptions,
): Promise<string | Objection | undefined> {
  if (!isAbsolute(root)) return 'Must be a whole path, for example /srv/scans.'
  if (root.includes('\0') || !root.isWellFormed()) return 'Must be the path of a folder; this is none.'
  if (root.split(sep).some((name) => Buffer.byteLength(name) > LONGEST_NAME)) return 'A name in this path is too long.'
  try {
    const { place, missing } = await nearest(resolve(root))
    const whole = join(place, ...missing)
    for (const own of await Promise.all(reserved.map(real))) {
      if (holds(own, whole) || holds(whole, own)) {
        return 'Holdall keeps its own data there, or in a folder of it. Choose a folder that holds none of that.'
      }
    }
    if (!(await stat(place)).isDirectory()) return `${place} is a file. Name a folder.`
    if (missing.length > 0) return await missingObjection(root, place, readOnly, mayMake)
    await access(place, constants.R_OK | constants.X_OK | (readOnly ? 0 : constants.W_OK))
    return undefined
  } catch (error) {
    if (!isForbidden(error)) throw error
    return readOnly
      ? 'The server may not read this folder. Let the account that it runs as read it.'
      : 'The server may not read and write this folder. Let the account that it runs as do that, or tick Read only.'
  }
}

async function missingObjection(
  root: string,
  place: string,
  readOnly: boolean,
  mayMake: boolean,
): Promise<string | Objection | undefined> {
  if (readOnly) return `There is no folder ${root}. Check the path.`
  if (!mayMake) {
    const message = `There is no folder ${root}. Check the path, or have it made.`
    return { key: 'root', message, canBeMade: true }
  }
  await access(place, constants.W_OK | constants.X_OK)
  return undefined
}

/** What there is of a path, links resolved, and the names below it that are missing. */
async function nearest(path: string): Promise<{ place: string; missing: string[] }> {
  const missing: string[] = []
  for (let place = path; ; place = dirname(place)) {
    try {
      return { place: await realpath(place), missing }
    } catch (error) {
      if (!isAbsent(error) || dirname(place) === place) throw error
      missing.unshift(place.slice(dirname(place).length).replace(sep, ''))
    }
  }
}

async function real(path: string): Promise<string> {
  const { place, missing } = await nearest(path)
  return join(place, ...missing)
}

/** Whether `inner` is `outer` or lies in it. */
function holds(outer: string, inner: string): boolean {
  const between = relative(outer, inner)
  return between === '' || !(between === '..' || between.startsWith(`..${sep}`) || isAbsolute(between))
}
