import { styleText } from 'node:util'
import { type FileOptions, type FileResult, runFile } from './run-file.ts'

/** Paths of test files; emptied as they are run. */
export type Queue = string[]

/** Lines of an error. */
const SHOWN_AGAIN = 12

export interface Totals {
  passed: number
  failed: number
  skipped: number
}

/**
 * Runs the files, as many at a time as there are lanes, and says how each went as it ends.
 *
 * @param lanes each the queues that it takes its next file from, the first one that is not empty; a queue may serve several
 */
export async function runFiles(
  lanes: readonly (readonly Queue[])[],
  options: FileOptions & { write(text: string): void },
): Promise<FileResult[]> {
  const results: FileResult[] = []
  async function run(lane: readonly Queue[]): Promise<void> {
    const next = () => lane.find((queue) => queue.length > 0)?.shift()
    for (let path = next(); path !== undefined; path = next()) {
      const result = await runFile(path, options)
      results.push(result)
      options.write(describe(result))
    }
  }
  await Promise.all(lanes.map(run))
  return results
}

export function totals(results: readonly FileResult[]): Totals {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for (const { reports } of results)
    for (const { kind } of reports) if (kind !== 'told' && kind !== 'began') sum[kind] += 1
  return sum
}

function describe(result: FileResult): string {
  const { passed, failed, skipped } = totals([result])
  const counts = [
    passed > 0 && `${passed} passed`,
    failed > 0 && `${failed} failed`,
    skipped > 0 && `${skipped} skipped`,
  ].filter((count) => count !== false)
  const mark = failed > 0 ? styleText('red', '✗') : styleText('green', '✓')
  let text = `${mark} ${result.path} (${counts.join(', ')}, ${result.seconds.toFixed(1)} s)\n`
  for (const report of result.reports) {
    if (report.kind === 'told') text += indent(report.text)
    if (report.kind === 'failed') {
      text += indent(`${styleText('red', '✗')} ${report.name}  ${result.path}:${report.line}`)
      text += indent(indent(report.error))
    }
  }
  if (failed > 0 && result.output.trim() !== '') text += indent(`It printed:\n${indent(result.output)}`)
  return text
}

/** What to read again at the end, where it is what is seen of a long run: each failure, how its error begins, and skipped tests. */
export function recapitulate(results: readonly FileResult[]): string {
  let failures = ''
  let skips = ''
  for (const { path, reports } of results) {
    for (const report of reports) {
      if (report.kind === 'failed') {
        failures += indent(`${path}:${report.line}  ${report.name}`)
        failures += indent(indent(report.error.split('\n', SHOWN_AGAIN).join('\n')))
      }
      if (report.kind === 'skipped') skips += indent(`${path}  ${report.name}${report.reason && `: ${report.reason}`}`)
    }
  }
  return (failures && `\nFailed:\n${failures}`) + (skips && `\nSKIPPED:\n${skips}`)
}

function indent(text: string): string {
  return `${text.trimEnd().replace(/^/gm, '  ')}\n`
}
