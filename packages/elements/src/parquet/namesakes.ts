import { type DatasetTarget, datasetsNamed, type IntoDataset, type NamedDataset } from '@holdall/client'
import { announce } from '../lib/announce.ts'

/** Files that are asked about in one request. */
const TOGETHER = 20
/** Milliseconds; without an answer they are sent as they are. */
const PATIENCE = 5_000

/** A file that is not sent before somebody has said what becomes of it: a dataset is called like it already. */
export interface Namesake {
  readonly key: string
  readonly file: File
  /** The last made of those. */
  readonly dataset: NamedDataset
  readonly others: number
}

export interface Namesakes {
  readonly list: readonly Namesake[]
  /** Looks which of these are called like a dataset that is there. @returns the others: nobody has to be asked */
  sift(files: readonly File[]): Promise<File[]>
  /** It was said what becomes of one, or it is not wanted. */
  settle(one: Namesake): void
}

let keys = 0

export function createNamesakes(target: () => DatasetTarget, changed: () => void): Namesakes {
  let list: readonly Namesake[] = []

  async function look(files: readonly File[]): Promise<NamedDataset[]> {
    const names = files.map(({ name }) => name)
    try {
      return await datasetsNamed(names, target(), { signal: AbortSignal.timeout(PATIENCE) })
    } catch {
      // Whoever may not look may still add; a dataset of the same name is none the worse for it.
      return []
    }
  }

  return {
    get list() {
      return list
    },
    async sift(files) {
      const free: File[] = []
      for (let at = 0; at < files.length; at += TOGETHER) {
        const some = files.slice(at, at + TOGETHER)
        const datasets = await look(some)
        for (const file of some) {
          const [dataset, ...others] = datasets.filter(({ filename }) => stemOf(filename) === stemOf(file.name))
          if (dataset === undefined) free.push(file)
          else {
            keys += 1
            list = [{ key: `named-${keys}`, file, dataset, others: others.length }, ...list]
            announce(`${stemOf(file.name)} is here already. Say what becomes of ${file.name}`)
          }
        }
      }
      changed()
      return free
    },
    settle(one) {
      list = list.filter((other) => other !== one)
      changed()
    },
  }
}

/** A file's name without its ending, as the server reads it. */
export function stemOf(filename: string): string {
  return filename.replace(/(?<=.)\.[^.]*$/, '')
}

/** What somebody has said: whose rows it comes after, or instead of. */
export function joining({ dataset }: Namesake, mode: IntoDataset['mode']): IntoDataset {
  return { dataset: dataset.id, mode }
}
