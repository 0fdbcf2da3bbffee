import { resolve } from 'node:path'

/** Words that a shell takes as they are. */
const PLAIN = /^[\w@%+=:,./-]+$/

/**
 * The command that makes a sign-in link for `NAME` at a server of this data, wherever it is typed.
 *
 * @param config the configuration file, when there is one
 * @param internal the internal database, where `--internal` moves it
 */
export function linkCommand(options: { readonly data: string; readonly config?: string; readonly internal?: string }) {
  const words = ['npx', 'holdall', 'link', 'NAME', '--data', resolve(options.data)]
  if (options.config !== undefined) words.push('-c', resolve(options.config))
  if (options.internal !== undefined) words.push('--internal', resolve(options.internal))
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}
