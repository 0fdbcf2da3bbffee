import { styleText } from 'node:util'
import { type FileOptions, type FileResult, runFile } from './run-file.ts'

export interface Totals {
  passed: number
  failed: number
  skipped: number
}

/** Runs the files, so many at a time, and says how each went as it ends. */
export async function runFiles(
  paths: readonly string[],
  options: FileOptions & { readonly concurrency: number; write(text: string): void },
): Promise<FileResult[]> {
  const results: FileResult[] = []
  const waiting = [...paths]
  async function worker(): Promise<void> {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const result = await runFile(path, options)
      results.push(result)
      options.write(describe(result))
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, worker))
  return results
}

export function totals(results: readonly FileResult[]): Totals {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for (const { reports } of results) for (const { kind } of reports) if (kind !== 'told') sum[kind] += 1
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

/** What to read again at the end: every failure and every skipped test, with its reason. */
export function recapitulate(results: readonly FileResult[]): string {
  let failures = ''
  let skips = ''
  for (const { path, reports } of results) {
    for (const report of reports) {
      if (report.kind === 'failed') failures += indent(`${path}:${report.line}  ${report.name}`)
      if (report.kind === 'skipped') skips += indent(`${path}  ${report.name}${report.reason && `: ${report.reason}`}`)
    }
  }
  return (failures && `\nFailed:\n${failures}`) + (skips && `\nSKIPPED:\n${skips}`)
}

function indent(text: string): string {
  return `${text.trimEnd().replace(/^/gm, '  ')}\n`
}
