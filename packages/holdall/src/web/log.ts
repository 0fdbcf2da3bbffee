/** One structured line an event: JSON with `time`, `level`, `event` and what belongs to it. */
export interface Log {
  info(event: string, facts?: Readonly<Record<string, unknown>>): void
  warn(event: string, facts?: Readonly<Record<string, unknown>>): void
  error(event: string, facts?: Readonly<Record<string, unknown>>): void
}

export type LogLevel = 'info' | 'warn' | 'error'

/** @param write receives one line, with its newline */
export function createLog(write: (line: string, level: LogLevel) => void, now: () => Date = () => new Date()): Log {
  function at(level: LogLevel) {
    return (event: string, facts: Readonly<Record<string, unknown>> = {}) =>
      write(`${JSON.stringify({ time: now().toISOString(), level, event, ...facts }, describe)}\n`, level)
  }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

function describe(_key: string, value: unknown): unknown {
  if (value instanceof Error) return { message: value.message, stack: value.stack, cause: value.cause }
  return typeof value === 'bigint' ? value.toString() : value
}
