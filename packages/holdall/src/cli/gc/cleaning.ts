import type { Files } from '../../files/files.ts'
import type { Sources } from '../../sources/sources.ts'
import type { Log } from '../../web/log.ts'
import type { CommandIo } from '../arguments.ts'
import type { ServerData } from '../internal.ts'
import { type ProgressLine, progressLine } from '../progress.ts'

/** What the parts of `holdall gc` work with. */
export interface Cleaning {
  readonly data: ServerData
  readonly sources: Sources
  readonly files: Files
  /** Without it, everything is only reported, and nothing anywhere is changed. */
  readonly remove: boolean
  readonly log: Log
  readonly io: CommandIo
  readonly line: ProgressLine
  readonly before: (call: string) => void
  /** Writes a line of the report. */
  say(text: string): void
}

export function createCleaning(options: Omit<Cleaning, 'line' | 'say'>): Cleaning {
  const { stdout, stderr } = options.io
  const line = progressLine(stderr, stdout.isTTY === true)
  return {
    ...options,
    line,
    say(text) {
      line.clear()
      stdout.write(`${text}\n`)
    },
  }
}

/** What is done to some things, or would be: "3 files removed", "3 files would be removed". */
export function removed(remove: boolean): string {
  return remove ? 'removed' : 'would be removed'
}
