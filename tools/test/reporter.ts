import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

/** One line of what a test file reports: that a test begins, how it ended, or something that it tells. */
export type Report =
  | { readonly kind: 'began'; readonly name: string }
  | { readonly kind: 'passed' | 'skipped'; readonly name: string; readonly reason?: string }
  | { readonly kind: 'failed'; readonly name: string; readonly line: number; readonly error: string }
  | { readonly kind: 'told'; readonly text: string }

/** What Node tells at the end of every file; the totals are counted over all files here. */
const TOTALS = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/

// Node names only the message of an error that no test awaited; where it is from is printed.
process.on('unhandledRejection', (error) => console.error(error))
process.on('uncaughtExceptionMonitor', (error) => console.error(error))

/** A reporter for `node --test-reporter`: one JSON `Report` a line, suites left out. */
export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const names: string[] = []
  for await (const event of events) {
    if (event.type === 'test:dequeue' && event.data.type === 'test') {
      yield `${JSON.stringify({ kind: 'began', name: event.data.name } satisfies Report)}\n`
    }
    if (event.type === 'test:start') names[event.data.nesting] = event.data.name
    const report = toReport(event, names)
    if (report) yield `${JSON.stringify(report)}\n`
  }
}

function toReport(event: TestEvent, names: readonly string[]): Report | undefined {
  if (event.type === 'test:diagnostic') {
    const { message } = event.data
    return TOTALS.test(message) ? undefined : { kind: 'told', text: message }
  }
  if (event.type !== 'test:pass' && event.type !== 'test:fail') return undefined
  const { data } = event
  const name = [...names.slice(0, data.nesting), data.name].join(' › ')
  const reason = data.skip ?? data.todo
  if (event.type === 'test:fail') {
    const { error } = event.data.details
    // A suite fails when one of its tests does, which has been reported.
    if ((error as { failureType?: string }).failureType === 'subtestsFailed') return undefined
    return { kind: 'failed', name, line: data.line ?? 0, error: inspect(error.cause ?? error) }
  }
  if (reason !== undefined && reason !== false) {
    return { kind: 'skipped', name, reason: typeof reason === 'string' ? reason : '' }
  }
  return data.details.type === 'suite' ? undefined : { kind: 'passed', name }
}
