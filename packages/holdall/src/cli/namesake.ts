import { createInterface } from 'node:readline'
import { type DatasetTarget, datasetsNamed, type IntoDataset, type NamedDataset } from '@holdall/client'
import { stemOf } from '../datasets/identity.ts'
import { formatCount, formatDay } from '../web/format.ts'
import { CommandError, type CommandIo } from './arguments.ts'

/** Milliseconds; without an answer the file is sent as it is. */
const PATIENCE = 5_000

/** The datasets that are called like a file. */
export interface Namesake {
  readonly datasets: number
  /** The last made of them. */
  readonly last: NamedDataset
}

/** @returns undefined where there is none, and where whoever adds may not look */
export async function findNamesake(
  filename: string,
  target: DatasetTarget,
  stopped: AbortSignal,
): Promise<Namesake | undefined> {
  try {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(PATIENCE)])
    const [last, ...others] = await datasetsNamed([filename], target, { signal })
    return last && { datasets: others.length + 1, last }
  } catch (error) {
    if (stopped.aborted) throw error
    return undefined
  }
}

/** What is said where nobody can be asked, and what to write to have it otherwise. */
export function namesakeLine(filename: string, found: Namesake): string {
  const { id } = found.last
  return `${inWords(filename, found)} This file becomes another dataset; --append ${id} adds to it, --replace ${id} replaces it`
}

/**
 * Asks in a terminal what becomes of a file that is called like a dataset.
 *
 * @returns undefined for a dataset of its own
 * @throws CommandError when it shall not be sent
 */
export async function askNamesake(
  filename: string,
  found: Namesake,
  { stdin, stderr, signal }: CommandIo,
): Promise<IntoDataset | undefined> {
  if (stdin === undefined) return undefined
  const lines = createInterface({ input: stdin })
  const stop = () => lines.close()
  signal.addEventListener('abort', stop, { once: true })
  const question = `What shall become of ${filename}? [a]dd to it, [r]eplace it, [m]ake a new dataset, [c]ancel: `
  stderr.write(`${inWords(filename, found)} Nothing is sent yet.\n${question}`)
  try {
    for await (const line of lines) {
      const dataset = found.last.id
      switch (line.trim().slice(0, 1).toLowerCase()) {
        case 'a':
          return { dataset, mode: 'append' }
        case 'r':
          return { dataset, mode: 'replace' }
        case 'm':
          return undefined
        case 'c':
          throw new CommandError('Nothing was sent.')
      }
      stderr.write(question)
    }
    throw new CommandError('Nothing was sent.')
  } finally {
    signal.removeEventListener('abort', stop)
    lines.close()
  }
}

function inWords(filename: string, { datasets, last }: Namesake): string {
  const name = stemOf(filename)
  const what =
    datasets > 1
      ? `${formatCount(datasets, 'dataset')} are called “${name}”. The last`
      : `“${name}” is here already. It`
  return `${what} has ${formatCount(last.row_count, 'row')} and was changed on ${formatDay(last.updated_at)}.`
}
