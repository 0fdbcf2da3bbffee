import { resolve } from 'node:path'

/** Words that a shell takes as they are. */
const PLAIN = /^[\w@%+=:,./-]+$/

interface DataOptions {
  readonly data: string
  /** The configuration file, when there is one. */
  readonly config?: string | undefined
  /** The internal database, where `--internal` moves it. */
  readonly internal?: string | undefined
}

/** The command `holdall …` for a server of this data, as it works wherever it is typed. */
export function commandLine(command: readonly string[], options: DataOptions): string {
  const words = ['npx', 'holdall', ...command, '--data', resolve(options.data)]
  if (options.config !== undefined) words.push('-c', resolve(options.config))
  if (options.internal !== undefined) words.push('--internal', resolve(options.internal))
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}
