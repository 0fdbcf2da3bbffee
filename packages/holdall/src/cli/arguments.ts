import type { Readable } from 'node:stream'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** Wrong usage: one sentence and what to do, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A failure that the caller can act on: one sentence and what to do, exit status 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** What a command works with; tests pass their own. */
export interface CommandIo {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
  /** Where a command that asks for something reads it. */
  readonly stdin?: Readable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends when the user asks to stop (Ctrl-C, SIGTERM). */
  readonly signal: AbortSignal
}

/** The options of every command that works on the server's data. */
export const DATA_OPTIONS = {
  config: { type: 'string', short: 'c' },
  data: { type: 'string' },
  internal: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig

/** @throws UsageError that names the option */
export function parse<const Options extends ParseArgsOptionsConfig>(argv: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    // Node's advice after its first sentence is about something rarer than a mistyped option.
    const [said = ''] = (error as Error).message.split(/(?<=['"])\. /)
    throw new UsageError(said.endsWith('.') ? said : `${said}.`)
  }
}

/** @throws UsageError unless the text is a whole number within the bounds */
export function wholeNumber(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
    throw new UsageError(`--${name} takes a whole number from ${minimum} to ${maximum}, not "${text}".`)
  }
  return value
}
